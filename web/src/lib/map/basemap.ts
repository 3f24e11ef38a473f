/// What the ground looks like: Protomaps tiles from one file on the hub, in our two tones, without glyph or sprite server.
import latin400 from '@fontsource/noto-sans/files/noto-sans-latin-400-normal.woff2?url';
import latin400i from '@fontsource/noto-sans/files/noto-sans-latin-400-italic.woff2?url';
import latin500 from '@fontsource/noto-sans/files/noto-sans-latin-500-normal.woff2?url';
import { layers, namedFlavor, type Flavor } from '@protomaps/basemaps';
import type { StyleSpecification } from 'maplibre-gl';
import type { Theme } from '../theme.svelte';

export const BASEMAP_URL = '/map/basemap.pmtiles';

/** The stock flavour is flat and grey; these give it parks, water and main roads one can tell apart. */
const LIGHT: Partial<Flavor> = {
  background: '#eceae4',
  earth: '#f1eee8',
  park_a: '#cfe8c3',
  park_b: '#c3e1b4',
  wood_a: '#c8e3ba',
  wood_b: '#bcdcab',
  scrub_a: '#d5e9c8',
  scrub_b: '#c9e2b9',
  pedestrian: '#f3ece1',
  water: '#9fcbe8',
  buildings: '#e2dcd2',
  minor_a: '#ffffff',
  minor_b: '#ffffff',
  minor_casing: '#dcd7cd',
  link: '#fff3c9',
  major: '#fde9a9',
  major_casing_early: '#e2c877',
  major_casing_late: '#e2c877',
  highway: '#f9cf7d',
  railway: '#b9b4c0',
  roads_label_minor: '#6c6a66',
  roads_label_major: '#5d4a16',
  subplace_label: '#71707c',
};

const DARK: Partial<Flavor> = {
  background: '#14181f',
  earth: '#1a1f27',
  park_a: '#1c2d23',
  park_b: '#1f3326',
  wood_a: '#1d2f24',
  wood_b: '#1f3326',
  scrub_a: '#1d2d24',
  scrub_b: '#1f3127',
  pedestrian: '#20262f',
  water: '#12283d',
  buildings: '#232a34',
  minor_a: '#2f3744',
  minor_b: '#2f3744',
  minor_casing: '#1a1f27',
  link: '#3d4553',
  major: '#434c5c',
  major_casing_early: '#1a1f27',
  major_casing_late: '#1a1f27',
  highway: '#4f596b',
  railway: '#3b4250',
  roads_label_minor: '#8e98a8',
  roads_label_minor_halo: '#161b22',
  roads_label_major: '#a9b3c2',
  roads_label_major_halo: '#161b22',
  subplace_label: '#8791a1',
  subplace_label_halo: '#161b22',
};

/** Layers that would need a sprite, or name places that the demo's box does not hold. */
const LEFT_OUT = new Set(['pois', 'roads_shields', 'roads_oneway', 'places_locality']);

const FONTS = { 'Noto Sans Regular': latin400, 'Noto Sans Italic': latin400i, 'Noto Sans Medium': latin500 };

/** The style over the tiles, or, without tiles, plain ground. */
export function style(theme: Theme, hasTiles: boolean, attribution: string): StyleSpecification {
  const flavor = { ...namedFlavor(theme), ...(theme === 'dark' ? DARK : LIGHT) };
  const ground: StyleSpecification = {
    version: 8,
    'font-faces': Object.fromEntries(
      Object.entries(FONTS).map(([name, url]) => [name, [{ url: absolute(url) }]]),
    ),
    sources: {},
    layers: [{ id: 'background', type: 'background', paint: { 'background-color': flavor.background } }],
  };
  if (!hasTiles) return ground;
  return {
    ...ground,
    sources: { base: { type: 'vector', url: `pmtiles://${absolute(BASEMAP_URL)}`, attribution } },
    layers: layers('base', flavor as Flavor, { lang: 'en' }).filter(({ id }) => !LEFT_OUT.has(id)),
  };
}

const absolute = (url: string) => new URL(url, location.href).href;
