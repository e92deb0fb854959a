// swift-tools-version: 6.1
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("ExistentialAny"),
]

/// A library target: its name, and the targets that it may import. The arrows of the architecture stand here.
func library(_ name: String, imports: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: imports, swiftSettings: settings)
}

func tests(of name: String, imports: [Target.Dependency] = [], data: [String] = []) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: [.byName(name: name)] + imports, exclude: data, swiftSettings: settings)
}

let package = Package(
    name: "InfoPlane",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "infoplane", targets: ["infoplane"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2")
    ],
    targets: [
        // C libraries: module maps and static-inline shims, nothing else but the trial (after fork(), no Swift may run), the
        // loops over the values of layers, which need the vector instructions of the CPU that they find, and settings of the
        // C library that Swift does not see.
        .systemLibrary(
            name: "CHDF5", pkgConfig: "hdf5", providers: [.apt(["libhdf5-dev"]), .brew(["hdf5"])]),
        .target(name: "CHDF5Trial", dependencies: ["CHDF5"]),
        .systemLibrary(
            name: "CLinearAlgebra", pkgConfig: "lapacke",
            providers: [
                .apt(["libopenblas-dev", "liblapacke-dev"]),
                .brew(["openblas", "lapack"]),
            ]),
        .target(name: "CDiscretization"),
        .target(name: "CMemory"),
        .systemLibrary(
            name: "CDeflate", pkgConfig: "libdeflate", providers: [.apt(["libdeflate-dev"]), .brew(["libdeflate"])]),
        .systemLibrary(
            name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"]), .brew(["openssl@3"])]),
        .systemLibrary(
            name: "CZip", pkgConfig: "libzip", providers: [.apt(["libzip-dev"]), .brew(["libzip"])]),
        .systemLibrary(
            name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"]), .brew(["libyaml"])]),

        // Files.
        library("HDF5", imports: ["CHDF5", "CHDF5Trial", "CDeflate"]),
        library("Activations", imports: ["HDF5", "Spelling", "COpenSSL"]),
        library("Results", imports: ["HDF5"]),

        library("SampleFiles", imports: ["HDF5", "LinearAlgebra", "Spelling", "CDeflate"]),
        library("Importing", imports: ["Activations", "HDF5", "SampleFiles", "Spelling", "CZip"]),

        // Words.
        library("Spelling", imports: []),
        library("Configuration", imports: ["CYAML"]),

        // Mathematics.
        library("Randomness", imports: []),
        library("LinearAlgebra", imports: ["CLinearAlgebra"]),
        library("InformationTheory", imports: ["CDiscretization", "LinearAlgebra", "Randomness", "Spelling"]),
        library("KnownTruth", imports: ["InformationTheory", "LinearAlgebra", "Randomness"]),
        library("KernelMethods", imports: ["LinearAlgebra", "Randomness", "Spelling"]),

        // Record, analyze, report.
        library("Training", imports: ["Activations", "LinearAlgebra", "Randomness", "SampleFiles", "Spelling"]),
        library(
            "Analysis",
            imports: ["Activations", "Results", "InformationTheory", "KernelMethods", "LinearAlgebra", "Spelling"]),
        library("Findings", imports: ["Results", "InformationTheory"]),
        library("Reporting", imports: ["Findings", "Results"]),

        // Many machines.
        library("Cluster", imports: []),

        .executableTarget(
            name: "infoplane",
            dependencies: [
                "Reporting", "Findings", "Analysis", "Training", "Importing", "Activations", "Results", "Cluster",
                "InformationTheory",
                "KnownTruth", "LinearAlgebra", "SampleFiles", "Configuration", "Spelling", "CMemory",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings),

        tests(of: "HDF5", imports: ["CHDF5"], data: ["Fixtures"]),
        tests(of: "Activations", imports: ["HDF5"], data: ["Golden"]),
        tests(of: "Results", imports: ["HDF5"]),
        tests(of: "Randomness"),
        tests(of: "SampleFiles", imports: ["HDF5", "LinearAlgebra"]),
        tests(of: "Importing", imports: ["Activations", "HDF5"], data: ["Fixtures"]),
        tests(of: "Spelling"),
        tests(of: "Configuration"),
        tests(of: "LinearAlgebra", imports: ["Randomness"]),
        tests(
            of: "InformationTheory", imports: ["CDiscretization", "LinearAlgebra", "Randomness"], data: ["Peers"]),
        tests(of: "KnownTruth", imports: ["InformationTheory", "LinearAlgebra", "Randomness"]),
        tests(of: "KernelMethods", imports: ["LinearAlgebra", "Randomness"]),
        tests(of: "Training", imports: ["Activations", "LinearAlgebra"]),
        tests(
            of: "Analysis",
            imports: [
                "Activations", "HDF5", "InformationTheory", "KernelMethods", "LinearAlgebra", "Randomness", "Results",
            ]),
        // What two targets of tests share.
        .target(name: "ExecutableScripts", path: "Tests/ExecutableScripts", swiftSettings: settings),
        tests(of: "Cluster", imports: ["ExecutableScripts"]),
        tests(of: "Findings", imports: ["Results"]),
        tests(of: "Reporting", imports: ["InformationTheory", "Results"]),
        .testTarget(
            name: "CommandTests", dependencies: ["infoplane", "Activations", "Results", "HDF5", "ExecutableScripts"],
            exclude: ["TornWrite"], swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)
