/// The page's own JavaScript: fits every chart to the width of the page, draws it, and says when all are drawn.
enum PageScript {
    /// Runs after Vega. Reads `#chart-data`; sets `data-charts` of the document to `drawn` or `failed`.
    static let source = """
        const page = JSON.parse(document.getElementById("chart-data").textContent);
        const objects = ({columns, rows}) => rows.map(row => {
          const object = {};
          columns.forEach((name, i) => { if (row[i] !== null) object[name] = row[i]; });
          return object;
        });
        const config = {
          background: null, font: "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif",
          axis: {labelFontSize: 11, titleFontSize: 11.5, titleFontWeight: "normal", labelFontWeight: "normal"},
          legend: {orient: "bottom", labelFontSize: 11, titleFontSize: 11.5, titleFontWeight: "normal", labelLimit: 260},
          header: {labelFontSize: 12}, view: {stroke: "#82828255"}, facet: {spacing: 18},
        };
        // The number of columns, and the width of a panel, that fill the available width.
        function fitted(spec, available) {
          const {panels, cell, multiple, stretch, own} = spec.usermeta.infoplane;
          const margin = 64, gap = own ? 66 : 22;
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
        async function draw(figure) {
          const chart = page.charts[Number(figure.dataset.chart)];
          const target = figure.querySelector(".chart");
          const available = Math.floor(target.clientWidth);
          if (figure.dataset.drawnAt === String(available)) return true;
          figure.dataset.drawnAt = String(available);
          try {
            const spec = fitted(chart.spec, available);
            const name = spec.data.name;
            const legend = {...config.legend, columns: Math.max(1, Math.floor(available / 170))};
            if (available < 480) legend.gradientLength = 140;
            const old = figure.view;
            const result = await vegaEmbed(target, {...spec, datasets: {[name]: objects(page.data[name])}}, {
              renderer: "svg", config: {...config, legend}, downloadFileName: chart.stem,
              actions: {export: true, source: false, compiled: false, editor: false},
            });
            figure.view = result;
            if (old) old.finalize();
            figure.dataset.state = "drawn";
            return true;
          } catch (error) {
            target.textContent = "This chart could not be drawn: " + (error && error.message ? error.message : error);
            figure.dataset.state = "failed";
            return false;
          }
        }
        const figures = [...document.querySelectorAll("figure[data-chart]")];
        async function drawAll() {
          let ok = true;
          for (const figure of figures) ok = await draw(figure) && ok;
          document.documentElement.dataset.charts = ok ? "drawn" : "failed";
        }
        await drawAll();
        let waiting;
        addEventListener("resize", () => { clearTimeout(waiting); waiting = setTimeout(drawAll, 200); });
        """
}
