import { Nothing } from "../app/states";

export default function AdminPages() {
  return <Nothing />;
}
