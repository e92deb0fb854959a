internal import HDF5

/// What an archive may make its reader do beyond reading the file itself. By default nothing of this.
public struct Trust: OptionSet, Sendable, Hashable {
    /// The bits.
    public let rawValue: Int

    /// Filters from plug-ins: libhdf5 loads and runs whatever library its plug-in folder holds for them.
    public static let plugins = Trust(rawValue: 1)
    /// Soft and external links, external storage and virtual data sets: what they name is read, any file among it.
    public static let links = Trust(rawValue: 2)

    /// From the bits.
    public init(rawValue: Int) { self.rawValue = rawValue }

    var ofFile: File.Trust {
        var trust: File.Trust = []
        if contains(.plugins) { trust.insert(.plugins) }
        if contains(.links) { trust.insert(.links) }
        return trust
    }
}
