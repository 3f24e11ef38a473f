/// Weighs what each page loads at first (its scripts with all static imports, and its styles) and says what is too heavy.
import { gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';

/** Kilobytes of gzip that a page may cost before anything lazy. */
export type Budget = Record<string, number>;

export function budget(limits: Budget): Plugin {
  return {
    name: 'budget',
    apply: 'build',
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        for (const [page, limit] of Object.entries(limits)) {
          const files = new Set<string>();
          const visit = (name: string): void => {
            const chunk = bundle[name];
            if (files.has(name) || chunk?.type !== 'chunk') return;
            files.add(name);
            chunk.viteMetadata?.importedCss.forEach((css) => files.add(css));
            chunk.imports.forEach(visit);
          };
          const entry = Object.values(bundle).find(
            (chunk) => chunk.type === 'chunk' && chunk.isEntry && chunk.facadeModuleId?.endsWith(`/${page}`),
          );
          if (entry) visit(entry.fileName);
          const bytes = [...files].reduce((sum, name) => {
            const file = bundle[name]!;
            return sum + gzipSync(file.type === 'chunk' ? file.code : file.source).length;
          }, 0);
          const kilobytes = bytes / 1000;
          const text = `${page}: ${kilobytes.toFixed(1)} kB of ${limit} kB (gzip, first load)`;
          if (kilobytes > limit) this.warn(`over budget: ${text}`);
          else this.info(text);
        }
      },
    },
  };
}
