/// Follows links inside the app without loading the page anew; all others stay the browser's.
import type { Route } from './route.svelte';

export function followLinks(route: Route): (event: MouseEvent) => void {
  return (event) => {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    if (!link || link.target || link.origin !== location.origin || link.getAttribute('href')?.startsWith('#'))
      return;
    const { pathname, search } = link;
    if (pathname !== route.base && !pathname.startsWith(`${route.base}/`)) return;
    event.preventDefault();
    route.go(
      decodeURIComponent(pathname.slice(route.base.length)),
      Object.fromEntries(new URLSearchParams(search)),
    );
    scrollTo({ top: 0 });
  };
}
