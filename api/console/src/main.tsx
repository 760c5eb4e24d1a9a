import "./app/console.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/App";
import { startWords } from "./words";

const place = document.getElementById("console");
if (!place) throw new Error("index.html has no #console");
await startWords();
createRoot(place).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
