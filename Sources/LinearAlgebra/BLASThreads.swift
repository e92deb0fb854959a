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

    /// Sets one thread, once in the life of the process; every call into BLAS and LAPACK comes after it.
    @inline(__always)
    static func prepare() {
        _ = oneThread
    }

    /// Ends the threads that OpenBLAS starts as soon as it is loaded and which, without work, wait busily for some 25 ms
    /// (measured): a program calls this first. They are started anew where a larger ``count`` needs them.
    public static func endIdle() {
        prepare()
    }

    private static let oneThread: Void = {
        openblas_set_num_threads(1)
        ci_end_idle_threads()
    }()
}
