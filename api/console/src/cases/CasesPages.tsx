import { Nothing } from "../app/states";

export default function CasesPages() {
  return <Nothing />;
}
