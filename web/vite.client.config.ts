/// Builds the client for programs into one file without dependencies.
import { defineConfig } from 'vite';

export default defineConfig({
  publicDir: false,
  build: {
    outDir: 'client',
    emptyOutDir: false,
    target: 'es2023',
    minify: false,
    lib: { entry: 'src/lib/client.ts', formats: ['es'], fileName: () => 'dispatch-hub.js' },
  },
});
