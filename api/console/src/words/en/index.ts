export { common } from "./common";
export { cameras } from "./cameras";
export { review } from "./review";
export { admin } from "./admin";
export { overview } from "./overview";
export { cases } from "./cases";
export { retention } from "./retention";
