import { render } from 'preact';
import { App } from './app.tsx';
import './styles.css';
import { restoreTheme } from './theme.ts';

restoreTheme();
const place = document.getElementById('app');
if (!place) throw new Error('index.html has no element with the id "app"');
render(<App />, place);
