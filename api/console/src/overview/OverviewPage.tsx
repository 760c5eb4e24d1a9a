import { Nothing } from "../app/states";

export default function OverviewPage() {
  return <Nothing />;
}
