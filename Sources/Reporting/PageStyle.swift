/// The page's style sheet: light and dark, from 360 px upwards, and for print.
enum PageStyle {
    static let source = """
        :root {
          color-scheme: light dark;
          --paper: #fcfcfa; --raised: #ffffff; --ink: #1d2026; --soft: #5a606b; --line: #dfe1e4; --grid: #e8e9ec;
          --accent: #2b6a8f; --warn: #8a4b00; --warn-paper: #fff4e2; --bad: #9c1f2e; --bad-paper: #fdecee;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --paper: #15171b; --raised: #1b1e23; --ink: #e7e8ea; --soft: #a3a9b3; --line: #343941; --grid: #2a2e35;
            --accent: #7cc0e0; --warn: #f2c078; --warn-paper: #2f2617; --bad: #f49aa5; --bad-paper: #34191d;
          }
        }
        @media print {
          :root {
            color-scheme: light;
            --paper: #fff; --raised: #fff; --ink: #000; --soft: #444; --line: #bbb; --grid: #ddd;
            --accent: #2b6a8f; --warn: #8a4b00; --warn-paper: #fff; --bad: #9c1f2e; --bad-paper: #fff;
          }
        }
        * { box-sizing: border-box; }
        body {
          margin: 0; background: var(--paper); color: var(--ink);
          font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif;
        }
        .strip { height: 6px; background: linear-gradient(90deg, #440154, #414487, #2a788e, #22a884, #7ad151, #fde725); }
        header, main, footer { max-width: 1560px; margin: 0 auto; padding: 0 clamp(16px, 4vw, 56px); }
        header { padding-top: 40px; }
        h1 { font-size: clamp(1.7rem, 4vw, 2.4rem); line-height: 1.15; letter-spacing: -.02em; margin: 0 0 .4rem; }
        h2 { font-size: 1.4rem; letter-spacing: -.01em; line-height: 1.25; margin: 0 0 .5rem; }
        h3 { font-size: 1.02rem; margin: 1.6rem 0 .4rem; line-height: 1.3; overflow-wrap: anywhere; }
        p { margin: 0 0 .7rem; max-width: 76ch; }
        a { color: var(--accent); }
        .lead { font-size: 1.08rem; color: var(--soft); }
        nav ul { list-style: none; display: flex; flex-wrap: wrap; gap: 6px 18px; padding: 0; margin: 1.1rem 0 0; }
        nav a { text-decoration: none; font-size: .93rem; }
        nav a:hover, nav a:focus-visible { text-decoration: underline; }
        main > section { border-top: 1px solid var(--line); padding: 30px 0 22px; margin-top: 26px; }
        .distrust { border-left: 3px solid var(--warn); padding: 2px 0 2px 12px; color: var(--soft); font-size: .95rem; }
        .distrust b { color: var(--warn); font-weight: 600; }
        .note { background: var(--warn-paper); border-radius: 6px; padding: 10px 14px; max-width: none; }
        .note.bad { background: var(--bad-paper); }
        figure { margin: 1.2rem 0 2rem; }
        figure h4 { margin: 0 0 .1rem; font-size: .98rem; overflow-wrap: anywhere; }
        figcaption { color: var(--soft); font-size: .92rem; max-width: 90ch; margin-bottom: .5rem; }
        .chart { width: 100%; overflow-x: auto; min-height: 60px; }
        figure[data-state=failed] .chart { color: var(--bad); background: var(--bad-paper); padding: 12px; border-radius: 6px; }
        .chart.vega-embed { display: block; padding-right: 0; }
        .chart svg { max-width: 100%; height: auto; display: block; }
        .chart svg text { fill: var(--ink); }
        .chart svg .role-axis-label text, .chart svg .role-axis-title text, .chart svg .role-legend-title text,
        .chart svg .role-legend-label text { fill: var(--soft); }
        .chart svg .role-mark text { fill: var(--soft); }
        .chart svg .role-axis-grid line { stroke: var(--grid); }
        .chart svg .role-axis-tick line, .chart svg .role-axis-domain line { stroke: var(--line); }
        .chart.vega-embed summary { opacity: .25; background: var(--raised); border-color: var(--line); color: var(--ink); }
        .chart.vega-embed .vega-actions { background: var(--raised); border-color: var(--line); }
        .chart.vega-embed .vega-actions a { color: var(--ink); }
        .chart.vega-embed .vega-actions::before, .chart.vega-embed .vega-actions::after { display: none; }
        .scroll { overflow-x: auto; margin: .6rem 0 1.2rem; }
        table { border-collapse: collapse; font-size: .9rem; min-width: 40%; }
        th, td { padding: 5px 14px 5px 0; text-align: left; vertical-align: baseline; border-bottom: 1px solid var(--grid); }
        thead th { border-bottom: 1px solid var(--line); font-weight: 600; vertical-align: bottom; }
        th.number, td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
        thead th.number { white-space: normal; min-width: 6.2em; }
        td small { color: var(--soft); display: block; line-height: 1.2; }
        td.saturated { color: var(--warn); }
        td.flags { color: var(--warn); font-size: .85rem; min-width: 9em; }
        .rest { display: none; }
        body:has(#digits:checked) .rest { display: inline; }
        label.digits { font-size: .9rem; color: var(--soft); display: inline-flex; gap: .5em; align-items: center; }
        dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 4px 18px; font-size: .93rem; margin: .4rem 0 1rem; }
        dt { color: var(--soft); }
        dd { margin: 0; overflow-wrap: anywhere; }
        code, pre { font: .86rem/1.45 ui-monospace, "SF Mono", Menlo, "DejaVu Sans Mono", monospace; }
        pre {
          background: var(--raised); border: 1px solid var(--line); border-radius: 6px; padding: 10px 12px;
          white-space: pre-wrap; overflow-wrap: anywhere; margin: .3rem 0 .9rem; max-height: 20em; overflow-y: auto;
        }
        footer { padding-bottom: 48px; }
        @media (max-width: 560px) {
          dl { grid-template-columns: 1fr; gap: 0; }
          dd { margin-bottom: 6px; }
          th, td { padding-right: 10px; }
        }
        @media print {
          nav, .digits, .chart.vega-embed details { display: none !important; }
          body { font-size: 11pt; }
          header, main, footer { max-width: none; padding: 0; }
          figure, tr { break-inside: avoid; }
          h2, h3, h4 { break-after: avoid; }
          .chart, .scroll { overflow: visible; }
          .chart svg { width: auto; max-height: 180mm; }
          table { font-size: 8.5pt; }
          pre { max-height: none; }
          * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
        }
        """
}
