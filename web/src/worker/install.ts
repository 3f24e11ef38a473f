/// Makes the page start without a network: registers the service worker and tells it what this page is made of.

export async function install(): Promise<void> {
  if (!('serviceWorker' in navigator)) return;
  await navigator.serviceWorker.register('/sw.js', { scope: '/worker' });
  // What comes in late has to be there without a network, too.
  await Promise.all([
    import('./JobPage.svelte'),
    import('./MePage.svelte'),
    import('./WeekPage.svelte'),
    import('../lib/PhotoInput.svelte'),
    import('../lib/SignaturePad.svelte'),
    import('../lib/PictureList.svelte'),
  ]);
  const { active } = await navigator.serviceWorker.ready;
  const own = (url: string) => new URL(url, location.href).origin === location.origin;
  const parts = performance
    .getEntriesByType('resource')
    .map((entry) => entry.name)
    .filter((url) => own(url) && new URL(url).pathname.startsWith('/assets/'));
  active?.postMessage({ keep: [...new Set(parts)] });
}
