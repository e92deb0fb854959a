/// The page's own JavaScript: draws every chart at the width of the page, links the charts of a stage, and moves them
/// through the epochs.
enum PageScript {
    /// Runs after Vega. Reads `#chart-data`; sets `data-planes` of the document to `drawn` once the planes stand,
    /// then `data-charts` to `drawn` once all charts do, or to `failed`.
    static let source = drawing + "\n" + linking

    /// Tables, sizes, and drawing one chart after the other.
    private static let drawing = """
        const page = JSON.parse(document.getElementById("chart-data").textContent);
        const root = document.documentElement;
        const tables = new Map();
        function objects(name) {
          if (!tables.has(name)) {
            const columns = page.data[name];
            const count = columns.length ? (columns[0].values || columns[0].codes).length : 0;
            tables.set(name, Array.from({length: count}, (_, i) => {
              const object = {};
              for (const {name, values, texts, codes} of columns) {
                const value = texts ? (codes[i] === null ? null : texts[codes[i]]) : values[i];
                if (value !== null) object[name] = value;
              }
              return object;
            }));
          }
          return tables.get(name);
        }
        const config = {
          background: null, font: "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif",
          axis: {labelFontSize: 11, titleFontSize: 11.5, titleFontWeight: "normal", labelFontWeight: "normal"},
          legend: {orient: "bottom", labelFontSize: 11, titleFontSize: 11.5, titleFontWeight: "normal", labelLimit: 260},
          header: {labelFontSize: 12}, view: {stroke: "#82828255"}, facet: {spacing: 18},
        };
        // The number of columns, and the width of a panel, that fill the available width.
        function fitted(spec, available) {
          const layout = spec.usermeta.infoplane;
          if (layout.single) {
            available = Math.min(available, layout.most || Infinity);
            const height = Math.round(Math.min(560, Math.max(layout.zoom ? 290 : 150, available * layout.ratio)));
            return {...spec, width: available, height, autosize: {type: "fit", contains: "padding"}};
          }
          if (layout.steps) {
            const step = Math.floor((available - 110) / layout.steps);
            return {...spec, width: {step: Math.min(layout.most, Math.max(layout.least, step))}};
          }
          const {panels, cell, multiple, stretch, own} = layout;
          const margin = 78, gap = own ? 66 : 22;
          const least = stretch ? Math.min(cell, Math.max(140, available - margin)) : cell;
          let columns = Math.floor((available - margin + gap) / (least + gap));
          columns = Math.min(panels, Math.max(multiple, columns - columns % multiple));
          const rows = Math.ceil(panels / columns);
          if (multiple === 1) columns = Math.ceil(panels / rows);
          const widest = Math.floor((available - margin + gap) / columns) - gap;
          const width = stretch ? Math.max(140, Math.min(widest, Math.round(cell * 1.8))) : cell;
          const height = Math.round(spec.spec.height * Math.min(1.4, Math.sqrt(width / cell)));
          return {...spec, columns, spec: {...spec.spec, width, height: stretch ? height : spec.spec.height}};
        }
        // The specification without legends: the page has them as buttons and slider.
        function withoutLegends(spec) {
          return JSON.parse(JSON.stringify(spec), (key, value) =>
            value && value.field && value.scale && key !== "x" && key !== "y" ? {...value, legend: null} : value);
        }
        async function draw(figure) {
          const chart = page.charts[Number(figure.dataset.chart)];
          const target = figure.querySelector(".chart");
          const layout = chart.spec.usermeta.infoplane;
          const available = Math.floor((layout.steps ? figure.parentElement : target).clientWidth);
          target.classList.toggle("wide", !layout.single && !layout.stretch);
          if (figure.dataset.drawnAt === String(available)) return true;
          figure.dataset.drawnAt = String(available);
          try {
            const hasLegends = !layout.single || layout.legend;
            const spec = fitted(hasLegends ? chart.spec : withoutLegends(chart.spec), available);
            const name = spec.data.name;
            const legend = {...config.legend, columns: Math.max(1, Math.floor(available / 170))};
            if (available < 480) legend.gradientLength = 140;
            const stage = stages[figure.dataset.stage];
            if (spec.params && stage) {
              spec.params = spec.params.map(p => p.name in stage.signals ? {...p, value: stage.signals[p.name]} : p);
            }
            const old = figure.view;
            const result = await vegaEmbed(target, {...spec, datasets: {[name]: objects(name)}}, {
              renderer: "svg", config: {...config, legend}, downloadFileName: chart.stem,
              actions: {export: true, source: false, compiled: false, editor: false},
            });
            figure.view = result;
            if (stage) link(figure, stage, (spec.params || []).map(p => p.name), layout);
            if (old) old.finalize();
            figure.dataset.state = "drawn";
            return true;
          } catch (error) {
            target.textContent = "This chart could not be drawn: " + (error && error.message ? error.message : error);
            figure.dataset.state = "failed";
            return false;
          }
        }
        """

    /// The stages: what is shown, by which control, and in which charts.
    private static let linking = """
        const figures = [...document.querySelectorAll("figure[data-chart]")];
        const stages = page.stages.map(({epochs}, place) => {
          const element = document.querySelector(`article[data-stage="${place}"]`);
          const signals = {epoch: epochs.length ? epochs[epochs.length - 1] : 0, layer: null, split: 0, target: "g0"};
          return {epochs, element, signals, kept: null, links: new Map()};
        });
        function show(stage, change) {
          Object.assign(stage.signals, change);
          for (const {view, names} of stage.links.values()) {
            for (const name of names) if (name in change) view.signal(name, change[name]);
            view.runAsync();
          }
        }
        function link(figure, stage, names, layout) {
          const view = figure.view.view;
          stage.links.set(figure, {view, names});
          if (names.includes("layer")) {
            const layerOf = item => item && item.datum && typeof item.datum.layer === "string" ? item.datum.layer : null;
            view.addEventListener("pointerover", (event, item) => { if (layerOf(item)) follow(stage, layerOf(item)); });
            view.addEventListener("pointerout", (event, item) => { if (layerOf(item)) follow(stage, null); });
          }
          if (!layout.zoom) {
            // A click on a curve shows the epoch under it.
            view.addEventListener("click", event => {
              const box = figure.querySelector("svg").getBoundingClientRect();
              const x = event.clientX - box.left - view.origin()[0];
              if (x >= 0 && x <= view.width()) choose(nearest(view.scale("x").invert(x)));
            });
          }
        }
        function follow(stage, layer) {
          const shown = layer === null ? stage.kept : layer;
          if (stage.signals.layer !== shown) show(stage, {layer: shown});
        }
        for (const stage of stages) {
          if (!stage.element) continue;
          const buttons = [...stage.element.querySelectorAll("button.layer")];
          for (const button of buttons) {
            const layer = button.dataset.layer;
            button.addEventListener("click", () => {
              stage.kept = stage.kept === layer ? null : layer;
              for (const other of buttons) other.setAttribute("aria-pressed", String(other.dataset.layer === stage.kept));
              follow(stage, null);
            });
            button.addEventListener("pointerenter", () => follow(stage, layer));
            button.addEventListener("pointerleave", () => follow(stage, null));
          }
          for (const choice of stage.element.querySelectorAll("select")) {
            choice.addEventListener("change", () => {
              const name = choice.dataset.choice;
              show(stage, {[name]: name === "split" ? Number(choice.value) : choice.value});
            });
          }
        }
        document.querySelector("#planes")?.addEventListener("click", event => {
          const way = event.target.dataset && event.target.dataset.zoom;
          if (!way) return;
          const figure = event.target.closest("figure");
          const view = figure.view.view;
          ["x", "y"].forEach((axis, i) => {
            const signal = "zoom_" + page.charts[Number(figure.dataset.chart)].spec.usermeta.infoplane.zoom[i];
            const [low, high] = view.scale(axis).domain();
            const half = (high - low) / 2 * (way === "in" ? 0.7 : 1 / 0.7), middle = (low + high) / 2;
            view.signal(signal, way === "all" ? null : [middle - half, middle + half]);
          });
          view.runAsync();
        });

        const epochs = [...new Set(page.stages.flatMap(stage => stage.epochs))].sort((a, b) => a - b);
        const slider = document.getElementById("epoch"), play = document.getElementById("play");
        const lastBefore = (list, epoch) => list.reduce((found, e) => e <= epoch ? e : found, list[0]);
        const nearest = epoch => epochs.reduce(
          (best, e, i) => Math.abs(e - epoch) < Math.abs(epochs[best] - epoch) ? i : best, 0);
        function choose(place) {
          if (!slider) return;
          slider.value = place;
          const text = "epoch " + epochs[place];
          slider.setAttribute("aria-valuetext", text);
          document.getElementById("epoch-name").textContent = text;
          for (const stage of stages) {
            if (!stage.epochs.length) continue;
            const epoch = lastBefore(stage.epochs, epochs[place]);
            if (epoch !== stage.signals.epoch) show(stage, {epoch});
          }
        }
        let timer = null;
        function stop() {
          clearInterval(timer);
          timer = null;
          play.textContent = "▶";
          play.setAttribute("aria-pressed", "false");
          play.setAttribute("aria-label", "Play training");
        }
        if (slider) {
          slider.addEventListener("input", () => { if (timer) stop(); choose(Number(slider.value)); });
          play.addEventListener("click", () => {
            if (timer) return stop();
            play.textContent = "❚❚";
            play.setAttribute("aria-pressed", "true");
            play.setAttribute("aria-label", "Pause");
            if (Number(slider.value) === epochs.length - 1) choose(0);
            // The whole training in about eight seconds, and at least five epochs a second.
            timer = setInterval(() => {
              if (Number(slider.value) >= epochs.length - 1) return stop();
              choose(Number(slider.value) + 1);
            }, Math.min(200, Math.max(40, 8000 / epochs.length)));
          });
        }

        const theme = document.getElementById("theme"), themes = ["system", "light", "dark"];
        theme.addEventListener("click", () => {
          const next = themes[(themes.indexOf(root.dataset.theme || "system") + 1) % 3];
          if (next === "system") delete root.dataset.theme; else root.dataset.theme = next;
          theme.textContent = {system: "◐", light: "☀", dark: "☾"}[next];
          theme.setAttribute("aria-label", "Colours: " + (next === "system" ? "as the system" : next));
        });

        async function drawAll() {
          // The planes, then their curves, then the rest; the page answers in between.
          const rank = figure => figure.closest(".planes") ? 0 : figure.dataset.stage ? 1 : 2;
          const ordered = [0, 1, 2].flatMap(wanted => figures.filter(figure => rank(figure) === wanted));
          let ok = true;
          for (const figure of ordered) {
            if (rank(figure) > 0) {
              root.dataset.planes ??= ok ? "drawn" : "failed";
              await new Promise(resolve => setTimeout(resolve));
            }
            ok = await draw(figure) && ok;
          }
          root.dataset.charts = ok ? "drawn" : "failed";
        }
        addEventListener("beforeprint", () => {
          for (const details of document.querySelectorAll("main details")) details.open = true;
        });
        await drawAll();
        let waiting;
        addEventListener("resize", () => { clearTimeout(waiting); waiting = setTimeout(drawAll, 200); });
        """
}
