/// How well text can be read on a ground (WCAG 2.1).

/** Relative luminance of `#rrggbb`, 0 (black) to 1 (white). */
export function luminance(colour: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const part = parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}

/** 1 (the same) to 21 (black on white). */
export function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light! + 0.05) / (dark! + 0.05);
}

/** The colour itself if it reads on the ground, else the nearest one that does, on the way to white or black. */
export function readableOn(ground: string, colour: string): string {
  const goal = luminance(ground) > 0.179 ? 0 : 255;
  for (let part = 0; part <= 1; part += 0.05) {
    const mixed = mix(colour, goal, part);
    if (contrast(mixed, ground) >= 4.5) return mixed;
  }
  return mix(colour, goal, 1);
}

function mix(colour: string, goal: number, part: number): string {
  const channel = (at: number) => {
    const value = parseInt(colour.slice(at, at + 2), 16);
    return Math.round(value + (goal - value) * part)
      .toString(16)
      .padStart(2, '0');
  };
  return `#${channel(1)}${channel(3)}${channel(5)}`;
}
