public struct ArchiveSchema { public static let format = "activation-archive"; public static let version = "1.0" }
