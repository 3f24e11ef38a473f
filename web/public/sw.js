/// The worker app without a network: its page comes from the hub when that answers, else from here; the files it is
/// made of are named by their contents and come from here first. Requests to the hub itself are never touched. And what the hub
/// tells this browser while the app is closed.
const CACHE = 'worker-app-1';
const PAGE = '/worker';
const PATIENCE_MS = 4_000;

self.addEventListener('install', (event) => {
  event.waitUntil(
    caches
      .open(CACHE)
      .then((cache) => cache.addAll([PAGE, '/manifest.webmanifest', '/icon.svg']))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener('activate', (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

/** The page says what it has loaded: that is kept, and what an older version was made of is dropped. */
self.addEventListener('message', (event) => {
  if (Array.isArray(event.data?.keep)) event.waitUntil(keep(event.data.keep));
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== location.origin) return;
  if (request.mode === 'navigate') event.respondWith(page(request));
  else if (url.pathname.startsWith('/assets/') || url.pathname === '/icon.svg')
    event.respondWith(part(request));
});

/** What the hub closed for this browser: {title, body, link, tag}. Browsers want something to be shown for each. */
self.addEventListener('push', (event) => {
  const { title, body, link, tag } = event.data.json();
  const shown = { body, tag, renotify: true, icon: '/icons/192.png', data: { link } };
  event.waitUntil(self.registration.showNotification(title, shown));
});

/** The browser's push service gave it another address; a closed app would miss every job until its next start. */
self.addEventListener('pushsubscriptionchange', (event) => event.waitUntil(move(event.newSubscription)));

self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data.link));
});

/** The hub knows the browser by its log-in; the app's next start says the same again, should this not get through. */
async function move(subscription) {
  if (!subscription) {
    const { push } = await (await fetch('/api/alert-options')).json();
    subscription = await self.registration.pushManager.subscribe({
      userVisibleOnly: true,
      applicationServerKey: push,
    });
  }
  const headers = { 'content-type': 'application/json' };
  await fetch('/api/push-subscription', { method: 'PUT', headers, body: JSON.stringify(subscription) });
}

/** In the app where it is open already, else in a new window. */
async function open(link) {
  const pages = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  const app = pages.find(({ url }) => new URL(url).pathname.startsWith(PAGE));
  if (!app) return self.clients.openWindow(link);
  app.postMessage({ open: link });
  return app.focus();
}

async function page(request) {
  const cache = await caches.open(CACHE);
  try {
    const response = await fetch(request, { signal: AbortSignal.timeout(PATIENCE_MS) });
    if (response.ok) await cache.put(PAGE, response.clone());
    return response;
  } catch (error) {
    // Every address of the app is the same page.
    const kept = await cache.match(PAGE, { ignoreVary: true });
    if (kept) return kept;
    throw error;
  }
}

async function part(request) {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(request.url, { ignoreVary: true });
  if (kept) return kept;
  const response = await fetch(request);
  if (response.ok) await cache.put(request.url, response.clone());
  return response;
}

async function keep(urls) {
  const cache = await caches.open(CACHE);
  const held = new Set((await cache.keys()).map(({ url }) => url));
  await Promise.all(urls.filter((url) => !held.has(url)).map((url) => cache.add(url).catch(() => undefined)));
  const old = [...held].filter((url) => new URL(url).pathname.startsWith('/assets/') && !urls.includes(url));
  await Promise.all(old.map((url) => cache.delete(url)));
}
