import { mount } from 'svelte';
import './app.css';
import App from './App.svelte';
import { install } from './install';

mount(App, { target: document.getElementById('app')! });
if (import.meta.env.PROD) void install();
