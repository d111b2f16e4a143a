import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// Built into the Python package; the console serves it. In development, /api goes to a running instance.
export default defineConfig({
  base: "./", // what is loaded later lies beside what asks for it, under whatever path a reverse proxy serves the console
  plugins: [react(), tailwindcss()],
  build: { outDir: "../src/headrace/console/static", emptyOutDir: true, target: "es2022", assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  server: { proxy: { "/api": "http://127.0.0.1:8081" } },
});
