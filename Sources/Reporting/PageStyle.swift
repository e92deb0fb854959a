/// The page's style sheet: light and dark, from 360 px upwards, and for print.
enum PageStyle {
    static let source = colors + "\n" + text + "\n" + stages + "\n" + print

    private static let colors = """
        :root {
          color-scheme: light dark;
          --paper: light-dark(#fcfcfa, #14161a); --raised: light-dark(#ffffff, #1b1e23);
          --ink: light-dark(#1d2026, #e9eaec); --soft: light-dark(#555b66, #a9afb9);
          --line: light-dark(#dcdee2, #353a42); --grid: light-dark(#e8e9ec, #262a30);
          --accent: light-dark(#1f5f85, #83c4e3); --warn: light-dark(#7d4300, #f2c078);
          --warn-paper: light-dark(#fff4e2, #2f2617); --bad: light-dark(#9c1f2e, #f49aa5);
          --bad-paper: light-dark(#fdecee, #34191d);
        }
        :root[data-theme=light] { color-scheme: light; }
        :root[data-theme=dark] { color-scheme: dark; }
        """

    private static let text = """
        * { box-sizing: border-box; }
        body {
          margin: 0; background: var(--paper); color: var(--ink);
          font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif;
        }
        header, main, footer { max-width: 1720px; margin: 0 auto; padding: 0 clamp(14px, 3.5vw, 56px); }
        header { padding-top: clamp(20px, 3vw, 40px); }
        .kicker { color: var(--soft); font-size: .95rem; margin: 0 0 .3rem; overflow-wrap: anywhere; }
        h1 {
          font-size: clamp(1.35rem, 1rem + 1.5vw, 2.1rem); line-height: 1.2; letter-spacing: -.015em; font-weight: 650;
          margin: 0 0 .7rem; max-width: 42em; text-wrap: balance; overflow-wrap: anywhere;
        }
        h2 { font-size: 1.3rem; letter-spacing: -.01em; line-height: 1.25; margin: 0 0 .5rem; }
        h3 { font-size: 1.02rem; margin: 1.4rem 0 .4rem; line-height: 1.3; overflow-wrap: anywhere; }
        h4, figure h3 { font-size: .95rem; font-weight: 600; margin: 0; overflow-wrap: anywhere; }
        p { margin: 0 0 .7rem; max-width: 78ch; }
        a { color: var(--accent); }
        .unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
        .grounds { grid-template-columns: max-content minmax(0, 96ch); font-size: 1rem; margin: 0 0 .8rem; }
        .grounds dt { color: var(--ink); font-weight: 600; overflow-wrap: anywhere; max-width: 24ch; }
        .lead { color: var(--soft); font-size: .93rem; margin: 0; }
        .bar { display: flex; gap: 16px; align-items: flex-start; justify-content: space-between; margin-top: .9rem; }
        nav ul { list-style: none; display: flex; flex-wrap: wrap; gap: 4px 18px; padding: 0; margin: 0; }
        nav a { text-decoration: none; font-size: .92rem; display: inline-block; padding: 3px 0; }
        nav a:hover, nav a:focus-visible { text-decoration: underline; }
        :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 2px; }
        main > section { border-top: 1px solid var(--line); padding: 24px 0 18px; margin-top: 22px; }
        .distrust { border-left: 3px solid var(--warn); padding: 2px 0 2px 12px; color: var(--soft); font-size: .93rem; }
        .distrust b { color: var(--warn); font-weight: 600; }
        .small, details { color: var(--soft); font-size: .88rem; }
        summary { cursor: pointer; }
        .note { background: var(--warn-paper); border-radius: 4px; padding: 9px 13px; max-width: none; }
        .note.bad { background: var(--bad-paper); }
        .scroll { overflow-x: auto; margin: .6rem 0 1.2rem; }
        table { border-collapse: collapse; font-size: .88rem; min-width: 40%; }
        th, td { padding: 5px 14px 5px 0; text-align: left; vertical-align: baseline; border-bottom: 1px solid var(--grid); }
        thead th { border-bottom: 1px solid var(--line); font-weight: 600; vertical-align: bottom; }
        th.number, td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
        thead th.number { white-space: normal; min-width: 6.2em; }
        td small { color: var(--soft); display: block; line-height: 1.2; }
        td.saturated { color: var(--warn); }
        td.flags { font-size: .85rem; min-width: 9em; }
        td.flags a { color: var(--warn); }
        .rest { display: none; }
        body:has(#digits:checked) .rest { display: inline; }
        label.digits { font-size: .9rem; color: var(--soft); display: inline-flex; gap: .5em; align-items: center; }
        dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 4px 18px; font-size: .9rem; margin: .4rem 0 1rem; }
        dt { color: var(--soft); }
        dd { margin: 0; overflow-wrap: anywhere; }
        code, pre { font: .86rem/1.45 ui-monospace, "SF Mono", Menlo, "DejaVu Sans Mono", monospace; }
        pre {
          background: var(--raised); border: 1px solid var(--line); border-radius: 4px; padding: 10px 12px;
          white-space: pre-wrap; overflow-wrap: anywhere; margin: .3rem 0 .9rem; max-height: 20em; overflow-y: auto;
        }
        footer { padding-bottom: 48px; }
        @media (max-width: 560px) {
          dl, .grounds { grid-template-columns: minmax(0, 1fr); gap: 0; }
          dd { margin-bottom: 6px; }
          th, td { padding-right: 10px; }
        }
        """

    private static let stages = """
        figure { margin: 0 0 1.6rem; min-width: 0; }
        figcaption { color: var(--soft); font-size: .86rem; line-height: 1.4; max-width: 90ch; margin-top: .2rem; }
        .head { display: flex; justify-content: space-between; align-items: baseline; gap: 10px; margin-bottom: .2rem; }
        .stages.several { display: grid; gap: 8px 44px; grid-template-columns: minmax(0, 1fr); }
        .stage { container-type: inline-size; min-width: 0; }
        .stage > h3 { margin-top: .8rem; }
        .controls { display: flex; flex-wrap: wrap; gap: 8px 22px; align-items: center; margin: .8rem 0 .9rem; }
        .layers { display: flex; flex-wrap: wrap; gap: 4px; }
        button, select { font: inherit; font-size: .88rem; color: var(--ink); background: var(--raised); }
        button, select { border: 1px solid var(--line); border-radius: 4px; padding: 3px 9px; min-height: 28px; }
        button { cursor: pointer; }
        button:hover { border-color: var(--soft); }
        button[aria-pressed=true] { border-color: var(--ink); box-shadow: inset 0 0 0 1px var(--ink); }
        .layer { display: inline-flex; gap: 6px; align-items: center; overflow-wrap: anywhere; text-align: left; }
        .layer svg { width: 11px; height: 11px; flex: none; }
        .choice { font-size: .88rem; color: var(--soft); display: inline-flex; gap: 6px; align-items: center; }
        .choice select { max-width: 46vw; }
        .zoom { display: inline-flex; gap: 3px; flex: none; }
        .zoom button { padding: 0 7px; min-height: 26px; min-width: 26px; }
        .planes, .curves { display: grid; grid-template-columns: minmax(0, 1fr); gap: 4px 34px; }
        .curves { grid-template-columns: repeat(auto-fit, minmax(min(100%, 300px), 1fr)); gap: 4px 26px; }
        .curves figure { margin-bottom: 1rem; }
        @container (min-width: 760px) { .planes { grid-template-columns: repeat(2, minmax(0, 1fr)); } }
        @media (min-width: 1500px) { .stages.several { grid-template-columns: repeat(2, minmax(0, 1fr)); } }
        .timeline {
          position: sticky; bottom: 0; z-index: 3; display: flex; gap: 14px; align-items: center; padding: 9px 0 10px;
          margin: 0 0 1rem; background: var(--paper); border-top: 1px solid var(--line);
        }
        #play { width: 40px; min-height: 32px; flex: none; }
        #epoch-name { flex: none; min-width: 7.5em; font-variant-numeric: tabular-nums; font-weight: 600; }
        #epoch { flex: 1; min-width: 60px; height: 24px; appearance: none; -webkit-appearance: none; background: none; margin: 0; cursor: pointer; }
        #epoch::-webkit-slider-runnable-track { height: 8px; border-radius: 4px; background: var(--epochs); }
        #epoch::-moz-range-track { height: 8px; border-radius: 4px; background: var(--epochs); }
        #epoch::-webkit-slider-thumb {
          -webkit-appearance: none; width: 18px; height: 18px; margin-top: -5px; border-radius: 50%; background: var(--paper);
          border: 3px solid var(--ink);
        }
        #epoch::-moz-range-thumb { width: 12px; height: 12px; border-radius: 50%; background: var(--paper); border: 3px solid var(--ink); }
        .chart { width: 100%; overflow-x: auto; overflow-y: hidden; min-height: 60px; }
        figure[data-state=failed] .chart { color: var(--bad); background: var(--bad-paper); padding: 12px; border-radius: 4px; }
        .chart.vega-embed, .chart.vega-embed.has-actions { display: block; padding-right: 0; }
        .chart svg { display: block; }
        .chart:not(.wide) svg { max-width: 100%; height: auto; }
        .grids { display: flex; flex-wrap: wrap; gap: 6px 44px; }
        .grids figure { max-width: 100%; flex: 0 1 auto; }
        h3 small { color: var(--soft); font-weight: normal; font-size: .88rem; margin-left: .5em; }
        .chart svg text { fill: var(--ink); }
        .chart svg .role-axis-label text, .chart svg .role-axis-title text, .chart svg .role-legend-title text,
        .chart svg .role-legend-label text { fill: var(--soft); }
        .chart svg .role-mark text { fill: var(--soft); }
        .chart svg .role-axis-grid line { stroke: var(--grid); }
        .chart svg .role-axis-tick line, .chart svg .role-axis-domain line { stroke: var(--line); }
        .chart svg .nowline_marks path, .chart svg .nowbarx_marks line, .chart svg .nowbary_marks line, .chart svg .now_marks path,
        .chart svg .nowhollow_marks path { stroke: var(--ink); }
        .chart svg .nowhollow_marks path { fill: var(--paper); }
        .chart svg .onblue_marks text { fill: #fff; }
        .chart svg .onlight_marks text { fill: #1d2026; }
        .chart svg .trail_marks path, .chart svg .nowrule_marks line { stroke: var(--soft); }
        .chart svg .nowname_marks text { fill: var(--ink); stroke: var(--paper); stroke-width: 3px; paint-order: stroke; }
        .chart.vega-embed summary { opacity: 0; background: var(--raised); border-color: var(--line); color: var(--ink); }
        figure:hover .chart.vega-embed summary, .chart.vega-embed summary:focus-visible, .chart.vega-embed [open] summary { opacity: .85; }
        .chart.vega-embed .vega-actions { background: var(--raised); border-color: var(--line); }
        .chart.vega-embed .vega-actions a { color: var(--ink); }
        .chart.vega-embed .vega-actions::before, .chart.vega-embed .vega-actions::after { display: none; }
        """

    private static let print = """
        @media print {
          :root, :root[data-theme] { color-scheme: light; --paper: #fff; --raised: #fff; --warn-paper: #fff; --bad-paper: #fff; }
          nav, .digits, .zoom, #play, #theme, .chart.vega-embed details { display: none !important; }
          body { font-size: 10pt; }
          header, main, footer { max-width: none; padding: 0; }
          .timeline { position: static; }
          figure, tr { break-inside: avoid; }
          h2, h3, h4, main > section > p { break-after: avoid; }
          .chart, .scroll { overflow: visible; }
          .chart svg { max-height: 180mm; }
          table { font-size: 8pt; }
          pre { max-height: none; }
          * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
        }
        """
}
