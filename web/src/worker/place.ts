/// Where a job is, and how the phone's own map app is asked to lead there.
import type { Address, Job } from '../lib/protocol';

/** The address of the next open step that has one, else of the last. */
export function placeOf(job: Job): Address | undefined {
  const steps = job.steps.filter((step) => step.address !== null);
  return (steps.find((step) => step.done_at === null) ?? steps.at(-1))?.address ?? undefined;
}

/** Apple's phones know `maps:`, all others `geo:` (RFC 5870); without coordinates the text has to do. */
export function navigateTo({ text, latitude, longitude }: Address, userAgent = navigator.userAgent): string {
  const query = encodeURIComponent(text);
  const known = latitude !== null && longitude !== null;
  if (/iPhone|iPad|Macintosh/.test(userAgent)) {
    return known ? `maps://?daddr=${latitude},${longitude}&q=${query}` : `maps://?daddr=${query}`;
  }
  return known ? `geo:${latitude},${longitude}?q=${latitude},${longitude}(${query})` : `geo:0,0?q=${query}`;
}
