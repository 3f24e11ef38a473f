/// The settings that this visit has open: they outlive their page, so that walking away from it loses nothing.
import type { Desk } from '../desk.svelte';
import { Settings } from './settings.svelte';

let open: Settings | undefined;

export function settingsOf(desk: Desk): Settings {
  if (open?.caller === desk.caller) return open;
  const settings = new Settings(desk.caller);
  desk.hasUnsaved = () => settings.isDirty();
  return (open = settings);
}
