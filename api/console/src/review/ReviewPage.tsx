import { Nothing } from "../app/states";

export default function ReviewPage() {
  return <Nothing />;
}
