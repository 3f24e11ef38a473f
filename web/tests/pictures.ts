/// Pictures for journeys, drawn by the browser.
import type { Page } from '@playwright/test';

/** A picture as a phone takes it: of noise, so that it stays as long as it is. */
export async function photo(page: Page, side = 900): Promise<Buffer> {
  const encoded = await page.evaluate(async (side) => {
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = side;
    const context = canvas.getContext('2d')!;
    const pixels = context.createImageData(side, side);
    for (let at = 0; at < pixels.data.length; at += 65536) {
      crypto.getRandomValues(pixels.data.subarray(at, Math.min(at + 65536, pixels.data.length)));
    }
    for (let at = 3; at < pixels.data.length; at += 4) pixels.data[at] = 255;
    context.putImageData(pixels, 0, 0);
    return canvas.toDataURL('image/jpeg', 0.95).split(',')[1]!;
  }, side);
  return Buffer.from(encoded, 'base64');
}
