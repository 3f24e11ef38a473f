/// The lazy half of the map: MapLibre, the tiles, and what is drawn by the graphics card (many workers, hexagons).
import 'maplibre-gl/dist/maplibre-gl.css';
import {
  addProtocol,
  AttributionControl,
  Map as MapLibre,
  setWorkerUrl,
  type GeoJSONSource,
  type LngLatBoundsLike,
} from 'maplibre-gl';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url';
import { PMTiles, Protocol } from 'pmtiles';
import type { Viewport } from '../hub';
import { texts } from '../messages';
import type { Theme } from '../theme.svelte';
import { BASEMAP_URL, style } from './basemap';
import type { Overlay } from './overlay';

setWorkerUrl(workerUrl);
const tiles = new Protocol();
addProtocol('pmtiles', tiles.tile);

export type Cell = [cell: string, counts: { workers: number; open_jobs: number }];
export type Point = { id: string; longitude: number; latitude: number };

export interface CanvasOptions {
  element: HTMLElement;
  overlayElement: HTMLElement;
  overlay: Overlay;
  theme: Theme;
  /** Keeps the view inside the ground that there is. */
  bounded: boolean;
  onview: (viewport: Viewport, metresPerPixel: number) => void;
  oncell: (latitude: number, longitude: number) => void;
}

interface Ground {
  bounds: [number, number, number, number];
  small: boolean;
}

/** The basemap's box, or nothing when the hub serves no tiles. */
async function ground(): Promise<Ground | undefined> {
  try {
    const archive = new PMTiles(new URL(BASEMAP_URL, location.href).href);
    const { minLon, minLat, maxLon, maxLat } = await archive.getHeader();
    tiles.add(archive);
    return { bounds: [minLon, minLat, maxLon, maxLat], small: maxLon - minLon < 0.5 };
  } catch {
    return undefined;
  }
}

/** A margin around the ground, so that what lies at its edge can still stand clear of the edge of the view. */
function around([west, south, east, north]: Ground['bounds']): LngLatBoundsLike {
  const [x, y] = [(east - west) * 0.15, (north - south) * 0.15];
  return [west - x, south - y, east + x, north + y];
}

export class MapCanvas {
  #map: MapLibre;
  #options: CanvasOptions;
  #ground: Ground | undefined;
  #cells: Cell[] = [];
  #dots: Point[] = [];
  #trail: [number, number][][] = [];
  #watcher: ResizeObserver;
  /** The view that was told last. */
  #seen = '';

  static async create(options: CanvasOptions): Promise<MapCanvas> {
    return new MapCanvas(options, await ground());
  }

  private constructor(options: CanvasOptions, ground: Ground | undefined) {
    this.#options = options;
    this.#ground = ground;
    this.#map = new MapLibre({
      container: options.element,
      style: style(options.theme, ground !== undefined, texts.map.attribution),
      ...(ground ? { bounds: ground.bounds as LngLatBoundsLike } : { center: [10, 50], zoom: 4 }),
      ...(ground?.small && options.bounded ? { maxBounds: around(ground.bounds) } : {}),
      maxZoom: 19,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      attributionControl: false,
      renderWorldCopies: false,
    });
    this.#map.touchZoomRotate.disableRotation();
    this.#map.keyboard.disableRotation();
    this.#map.addControl(new AttributionControl({ compact: false }), 'bottom-right');
    this.#map.getCanvas().setAttribute('aria-label', texts.map.label);
    // Inside MapLibre's own container, so that wheel and drag over a marker still move the map.
    this.#map.getCanvasContainer().append(options.overlayElement);
    options.overlay.attach(this.#map);
    this.#map.on('move', () => options.overlay.refresh());
    this.#map.on('moveend', () => this.#tellView());
    this.#map.on('style.load', () => this.#addLayers());
    this.#map.on('idle', () => options.element.setAttribute('data-idle', ''));
    this.#map.on('click', 'cells', ({ lngLat }) => options.oncell(lngLat.lat, lngLat.lng));
    this.#watcher = new ResizeObserver(() => this.#map.resize());
    this.#watcher.observe(options.element);
    if (ground?.small) this.#cover(ground.bounds);
    this.#tellView();
  }

  /** Zooms in until the ground fills the panel: no empty margins at the start. */
  #cover([west, south, east, north]: Ground['bounds']): void {
    const a = this.#map.project([west, north]);
    const b = this.#map.project([east, south]);
    const { clientWidth, clientHeight } = this.#options.element;
    const ratio = Math.max(clientWidth / (b.x - a.x), clientHeight / (b.y - a.y));
    if (ratio > 1 && ratio < 16) this.#map.setZoom(this.#map.getZoom() + Math.log2(ratio));
  }

  destroy(): void {
    this.#watcher.disconnect();
    this.#map.remove();
  }

  setTheme(theme: Theme): void {
    this.#options.theme = theme;
    this.#map.setStyle(style(theme, this.#ground !== undefined, texts.map.attribution), { diff: false });
  }

  zoomBy(steps: number): void {
    this.#map.zoomTo(this.#map.getZoom() + steps);
  }

  goTo(longitude: number, latitude: number, zoom = Math.max(this.#map.getZoom(), 15.5)): void {
    this.#map.easeTo({ center: [longitude, latitude], zoom });
  }

  /** Shows all points; without any, the whole ground. */
  fit(points: { longitude: number; latitude: number }[], { animate = true } = {}): void {
    if (points.length === 0) {
      if (this.#ground) this.#map.fitBounds(this.#ground.bounds as LngLatBoundsLike, { animate });
      return;
    }
    const longitudes = points.map((point) => point.longitude);
    const latitudes = points.map((point) => point.latitude);
    this.#map.fitBounds(
      [
        [Math.min(...longitudes), Math.min(...latitudes)],
        [Math.max(...longitudes), Math.max(...latitudes)],
      ],
      { padding: 56, maxZoom: 16, animate },
    );
  }

  /** Where a point of the screen lies, for placing a pin by hand. */
  onClick(listener: (latitude: number, longitude: number) => void): void {
    this.#map.on('click', ({ lngLat }) => listener(lngLat.lat, lngLat.lng));
    this.#map.getCanvas().addEventListener('keydown', ({ key }) => {
      if (key === 'Enter') listener(this.middle().latitude, this.middle().longitude);
    });
  }

  /** The middle of the view. */
  middle(): { latitude: number; longitude: number } {
    const { lat, lng } = this.#map.getCenter();
    return { latitude: lat, longitude: lng };
  }

  /** Workers too many for elements of their own. */
  setDots(dots: Point[]): void {
    this.#dots = dots;
    this.#source('dots')?.setData({
      type: 'FeatureCollection',
      features: dots.map(({ id, longitude, latitude }) => ({
        type: 'Feature',
        properties: { id },
        geometry: { type: 'Point', coordinates: [longitude, latitude] },
      })),
    });
  }

  /** Ways that somebody went. */
  setTrail(lines: [number, number][][]): void {
    this.#trail = lines;
    this.#source('trail')?.setData({
      type: 'Feature',
      properties: {},
      geometry: { type: 'MultiLineString', coordinates: lines },
    });
  }

  setCells(cells: Cell[]): void {
    this.#cells = cells;
    if (cells.length > 0 || this.#source('cells')) void this.#drawCells();
  }

  async #drawCells(): Promise<void> {
    const { cellToBoundary } = await import('h3-js');
    this.#source('cells')?.setData({
      type: 'FeatureCollection',
      features: this.#cells.map(([cell, { workers, open_jobs }]) => ({
        type: 'Feature',
        properties: { workers, label: `${workers}`, jobs: texts.map.open_jobs(open_jobs) },
        geometry: { type: 'Polygon', coordinates: [cellToBoundary(cell, true)] },
      })),
    });
  }

  #source(id: string): GeoJSONSource | undefined {
    return this.#map.getSource<GeoJSONSource>(id);
  }

  #addLayers(): void {
    const [colour, text, halo] =
      this.#options.theme === 'dark' ? ['#78a5ff', '#e6eaf1', '#12161c'] : ['#1d4ed8', '#1a2333', '#ffffff'];
    const empty = { type: 'FeatureCollection' as const, features: [] };
    this.#map.addSource('cells', { type: 'geojson', data: empty });
    this.#map.addSource('dots', { type: 'geojson', data: empty });
    this.#map.addSource('trail', { type: 'geojson', data: empty });
    this.#map.addLayer({
      id: 'trail',
      type: 'line',
      source: 'trail',
      layout: { 'line-cap': 'round', 'line-join': 'round' },
      paint: { 'line-color': colour!, 'line-width': 4, 'line-opacity': 0.75 },
    });
    this.#map.addLayer({
      id: 'cells',
      type: 'fill',
      source: 'cells',
      paint: {
        'fill-color': colour!,
        'fill-opacity': ['interpolate', ['linear'], ['get', 'workers'], 0, 0.08, 20, 0.45],
        'fill-outline-color': colour!,
      },
    });
    this.#map.addLayer({
      id: 'cell-counts',
      type: 'symbol',
      source: 'cells',
      layout: {
        'text-field': ['format', ['get', 'label'], {}, '\n', {}, ['get', 'jobs'], { 'font-scale': 0.75 }],
        'text-font': ['Noto Sans Medium'],
        'text-size': 15,
      },
      paint: { 'text-color': text!, 'text-halo-color': halo!, 'text-halo-width': 1.5 },
    });
    this.#map.addLayer({
      id: 'dots',
      type: 'circle',
      source: 'dots',
      paint: {
        'circle-radius': ['interpolate', ['linear'], ['zoom'], 11, 3, 16, 7],
        'circle-color': colour!,
        'circle-stroke-color': halo!,
        'circle-stroke-width': 1.5,
      },
    });
    this.setDots(this.#dots);
    this.setTrail(this.#trail);
    this.setCells(this.#cells);
  }

  #tellView(): void {
    const bounds = this.#map.getBounds();
    const seen = bounds.toString();
    if (seen === this.#seen) return;
    this.#seen = seen;
    const zoom = this.#map.getZoom();
    // 512 px tiles: the equator is 40,075,016.686 m and 512 * 2^zoom px long.
    const scale = Math.cos((this.#map.getCenter().lat * Math.PI) / 180) / (512 * 2 ** zoom);
    this.#options.onview(
      {
        west: bounds.getWest(),
        south: bounds.getSouth(),
        east: bounds.getEast(),
        north: bounds.getNorth(),
        zoom,
      },
      40_075_016.686 * scale,
    );
  }
}
