internal import COpenSSL

/// SHA-256 (FIPS 180-4) of bytes that arrive in pieces.
struct Digest: ~Copyable {
    private let context: OpaquePointer

    /// Without the machine's configuration, which nobody needs to hash, and to read which takes as long as all else here.
    private static let isPrepared = OPENSSL_init_crypto(UInt64(OPENSSL_INIT_NO_LOAD_CONFIG), nil) == 1

    init() {
        guard Self.isPrepared, let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
            preconditionFailure("libcrypto has no SHA-256")
        }
        self.context = context
    }

    deinit { EVP_MD_CTX_free(context) }

    mutating func add(_ bytes: UnsafeRawBufferPointer) {
        let status = EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
        precondition(status == 1, "libcrypto cannot hash")
    }

    mutating func add(_ text: String) { Array(text.utf8).withUnsafeBytes { add($0) } }

    /// The 32 bytes of the digest.
    consuming func finish() -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 32) { bytes, count in
            let status = EVP_DigestFinal_ex(context, bytes.baseAddress, nil)
            precondition(status == 1, "libcrypto cannot hash")
            count = 32
        }
    }

    /// The digest of the bytes of `values` as they are stored.
    static func of(_ values: ElementArray) -> [UInt8] {
        var digest = Digest()
        values.withUnsafeBytes { digest.add($0) }
        return digest.finish()
    }
}

extension [UInt8] {
    /// Two lower-case hexadecimal digits per byte.
    var hexadecimal: String {
        let digits = StaticString("0123456789abcdef").utf8Start
        return String(unsafeUninitializedCapacity: 2 * count) { text in
            for (index, byte) in enumerated() {
                text[2 * index] = digits[Int(byte >> 4)]
                text[2 * index + 1] = digits[Int(byte & 15)]
            }
            return 2 * count
        }
    }
}
