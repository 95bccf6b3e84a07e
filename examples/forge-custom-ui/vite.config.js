import { defineConfig } from "vite";

// Custom UI serves the files from a folder whose name it chooses
export default defineConfig({ base: "./" });
