import Foundation
import Reporting
import Results
import Testing

@Test func `writes pages to look at`() throws {
    guard let folder = ProcessInfo.processInfo.environment["INFOPLANE_PAGES"] else { return }
    let vega = try VegaScript.find(explicit: nil, environment: ProcessInfo.processInfo.environment)
    var images = SyntheticRun(id: "img", title: "Fashion-MNIST, ReLU")
    images.inputShape = [28, 28]
    images.layers = ["fc1", "fc2", "logits"]
    images.splits = ["train", "test"]
    images.samples = 5000
    images.epochs = [0, 1, 2, 3, 5, 8, 10]
    var results = images.results
    results.insert(Failure(archive: "img", split: "test", layer: "fc9", epoch: 3, reason: "run.h5:/splits/test: NaN."))
    let one = try Report([("tanh.results.h5", SyntheticRun().results)])
    let two = try Report([("tanh.results.h5", SyntheticRun().results), ("fashion.results.h5", results)])
    try one.html(vega: vega).write(toFile: folder + "/one.html", atomically: true, encoding: .utf8)
    try two.html(vega: vega).write(toFile: folder + "/two.html", atomically: true, encoding: .utf8)
    for chart in two.charts {
        try chart.specification.write(toFile: folder + "/\(chart.stem).vl.json", atomically: true, encoding: .utf8)
    }
    print(one.html(vega: .network).utf8.count, two.html(vega: .network).utf8.count)
    for s in two.summary.sections {
        print(s.heading); for t in s.tables { print(t.title); print(t.columns); t.rows.forEach { print($0) } };
        s.sentences.forEach { print($0) }
    }
}
