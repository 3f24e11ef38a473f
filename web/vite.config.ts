/// Builds the five pages of the hub into `dist`; the hub serves them under /, /p/{slug}, /dispatch, /worker and /t/{token}.
import { svelte } from '@sveltejs/vite-plugin-svelte';
import tailwindcss from '@tailwindcss/vite';
import { defineConfig } from 'vitest/config';

const hub = process.env.HUB_URL ?? 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [tailwindcss(), svelte()],
  // A page deep under /p/{slug}/... still finds its assets, so their addresses start at the root.
  base: '/',
  build: {
    outDir: 'dist',
    target: 'es2023',
    // The lazy map chunk is known to be large; what may grow by accident is weighed by tests/budget.spec.ts.
    chunkSizeWarningLimit: 1200,
    rolldownOptions: {
      input: ['index.html', 'portal.html', 'dispatch.html', 'worker.html', 'track.html'],
    },
  },
  server: {
    port: 9100,
    strictPort: true,
    proxy: { '/api': hub, '/ws': { target: hub, ws: true } },
  },
  test: {
    include: ['src/**/*.test.ts'],
    environment: 'node',
  },
});
