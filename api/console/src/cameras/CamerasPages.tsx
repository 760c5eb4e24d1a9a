import { Nothing } from "../app/states";

export default function CamerasPages() {
  return <Nothing />;
}
