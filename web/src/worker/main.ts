import { mount } from 'svelte';
import './app.css';
import App from './App.svelte';
import { install } from './install';
// Listens from the start: the browser makes its offer early, and once.
import './installation.svelte';

mount(App, { target: document.getElementById('app')! });
if (import.meta.env.PROD) void install();
