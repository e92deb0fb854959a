internal import CLinearAlgebra

/// The number of threads on which OpenBLAS computes, a setting of the whole process.
///
/// It is 1 until somebody sets another: 1 and 2 threads differ in the last bits of most entries, and InfoPlane's own
/// parallelism works on tiles whose shape does not depend on the number of jobs. A program whose results depend on the
/// thread count (training a network does) sets it once, before it computes, and writes it beside its results.
public enum BLASThreads {
    /// The number of threads in use. OpenBLAS cuts a number above the limit that it was built with (64 on Debian).
    ///
    /// Set it while no other thread computes: OpenBLAS does not guard it.
    public static var count: Int {
        get {
            prepare()
            return Int(openblas_get_num_threads())
        }
        set {
            precondition(newValue > 0, "BLAS needs at least one thread")
            prepare()
            openblas_set_num_threads(Int32(clamping: newValue))
        }
    }

    /// Ends the threads that OpenBLAS starts when the program does, before it asks for any: until they sleep, they spin, for
    /// some 20 to 50 ms of a core (measured). It starts them again where `count` is set above 1.
    ///
    /// To be called first, while nothing computes.
    public static func endIdle() {
        ci_end_blas_threads()
    }

    /// Sets one thread, once in the life of the process; every call into BLAS and LAPACK comes after it.
    @inline(__always)
    static func prepare() {
        _ = oneThread
    }

    private static let oneThread: Void = openblas_set_num_threads(1)
}
