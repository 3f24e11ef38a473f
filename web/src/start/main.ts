import { mount } from 'svelte';
import './app.css';
import Door from './Door.svelte';

mount(Door, { target: document.getElementById('app')! });
