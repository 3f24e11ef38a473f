/// The portal in a frame of the settings, seen through a customer's eyes: nothing is sent but questions.

/** What the hub is to be asked as, in the words of its header; nothing on any other page. */
export const previewedAs: string | undefined = parse();

function parse(): string | undefined {
  if (typeof location === 'undefined' || !location.pathname.startsWith('/p/')) return undefined;
  const [what, id] = new URLSearchParams(location.search).get('preview')?.split(':') ?? [];
  return (what === 'portal_user' || what === 'customer') && id ? `${what} ${id}` : undefined;
}
