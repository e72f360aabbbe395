/**
 * Parts: `picture`, `overlay`, `state`, `latency`, `transport`, `notice`, `controls`, `button`. Variables:
 * `--pinhole-background`, `--pinhole-fit`, `--pinhole-chip`, `--pinhole-chip-text`, `--pinhole-live`, `--pinhole-warn`,
 * `--pinhole-bad`, `--pinhole-font`.
 */
export const STYLE = `
:host {
  --chip: var(--pinhole-chip, light-dark(rgb(255 255 255 / 88%), rgb(18 20 24 / 80%)));
  --text: var(--pinhole-chip-text, light-dark(#14161a, #f2f4f7));
  --live: var(--pinhole-live, light-dark(#0a7d32, #4ade80));
  --warn: var(--pinhole-warn, light-dark(#8a5a00, #fbbf24));
  --bad: var(--pinhole-bad, light-dark(#b42318, #ff8a80));
  color-scheme: light dark;
  display: block;
  position: relative;
  overflow: hidden;
  min-height: 3rem;
  background: var(--pinhole-background, light-dark(#e4e7ec, #0b0d10));
  font: 500 13px/1.35 var(--pinhole-font, system-ui, sans-serif);
}
:host([hidden]) { display: none; }
.picture { width: 100%; height: 100%; object-fit: var(--pinhole-fit, contain); }
:host([stale]) .picture { filter: grayscale(1) brightness(0.65); }
.overlay { position: absolute; inset: 8px 8px auto; display: flex; flex-wrap: wrap; gap: 6px; pointer-events: none; }
.chip { padding: 2px 8px; border-radius: 999px; background: var(--chip); color: var(--text); font-variant-numeric: tabular-nums; }
.chip:empty { display: none; }
.state[data-tone='good'] > .icon { color: var(--live); }
.state[data-tone='warn'] > .icon { color: var(--warn); }
.state[data-tone='bad'] > .icon { color: var(--bad); }
.notice { position: absolute; inset: auto 8px 8px; margin: auto; width: fit-content; max-width: calc(100% - 32px);
  padding: 8px 12px; border-radius: 10px; background: var(--chip); color: var(--text); text-align: center; }
.notice:empty { display: none; }
:host([controls]) .notice { bottom: 48px; }
.controls { position: absolute; right: 8px; bottom: 8px; display: none; gap: 6px; }
:host([controls]) .controls { display: flex; }
:host(:not([overlay])) .overlay { display: none; }
button { border: 0; border-radius: 8px; padding: 6px; line-height: 0; background: var(--chip); color: var(--text); font: inherit; cursor: pointer; }
button:focus-visible { outline: 2px solid var(--text); outline-offset: 2px; }
`;
