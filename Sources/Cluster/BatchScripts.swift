/// The two batch scripts of a job: its tasks, and the merging after them. They are plain enough to be read, and to be
/// submitted by hand.
public struct BatchScripts: Sendable {
    private let job: ClusterJob
    private let folder: JobFolder

    /// Writes the scripts of a job that lies in a folder.
    public init(_ job: ClusterJob, in folder: JobFolder) {
        self.job = job
        self.folder = folder
    }

    /// One task of the array: the shards that the table gives it, one after the other.
    public var tasks: String {
        """
        #!/bin/bash
        #SBATCH --job-name=\(word(job.name))
        #SBATCH --output=\(word(pattern(folder.logs + "/") + "%a.log"))
        #SBATCH --open-mode=append
        #SBATCH --requeue
        \(userOptions)# One task of infoplane slurm: the shards that shards.tsv gives it. A killed one is submitted again by the merge job
        # and goes on from its last checkpoint.

        infoplane=\(quoted(job.binary))
        folder=\(quoted(folder.path))
        options=(\(job.arguments.map(quoted).joined(separator: " ")))
        task="${SLURM_ARRAY_TASK_ID:?submit it as an array}"
        jobs="${SLURM_CPUS_PER_TASK:-${SLURM_CPUS_ON_NODE:-1}}"

        say() { printf '%s on %s, task %s: %s\\n' "$(date +%FT%T)" "${SLURMD_NODENAME:-$(hostname)}" "$task" "$*"; }
        # The signal before the end of the time, or of a preemption: infoplane gets it too, saves and ends.
        stopped=
        trap 'stopped=yes' TERM INT
        if ! [ -r "$folder/shards.tsv" ]; then
            say "error: $folder is not visible on this node. Put results (-o) on a file system that all nodes see."
            exit 2
        fi
        if ! [ -x "$infoplane" ]; then
            say "error: $infoplane is not on this node. Install it on a file system that all nodes see."
            exit 2
        fi
        code=0
        while IFS=$'\\t' read -r number shard part archive <&3; do
            [ "$number" = "$task" ] && [ -z "$stopped" ] || continue
            if ! [ -r "$archive" ]; then
                say "error: $archive is not visible on this node. Put it on a file system that all nodes see."
                code=2
                continue
            fi
            say "shard $shard of $archive"
            mkdir -p "$folder/${part%/*}"
            "$infoplane" analyze "$archive" --shard "$shard" -o "$folder/$part" --jobs "$jobs" "${options[@]}" 3<&-
            status=$?
            [ "$status" = 0 ] || { code=$status; say "shard $shard of $archive ended with exit code $status"; }
        done 3<"$folder/shards.tsv"
        [ -z "$stopped" ] || { code=1; say "stopped by a signal; what was computed is saved"; }
        exit "$code"

        """
    }

    /// The job after the array: it checks the parts, submits again what is missing, and merges. Its argument is the number
    /// of the round, counted from 0.
    public var merge: String {
        """
        #!/bin/bash
        #SBATCH --job-name=\(word(job.name + "-merge"))
        #SBATCH --output=\(word(pattern(folder.logs + "/merge.log")))
        #SBATCH --open-mode=append
        #SBATCH --requeue
        \(userOptions)# The last step of infoplane slurm: checks that every number is there, submits again what is missing, merges.

        exec \(quoted(job.binary)) slurm-merge \(quoted(folder.path)) --round "${1:-0}"

        """
    }

    private var userOptions: String {
        job.sbatch.isEmpty ? "" : "#SBATCH \(job.sbatch.map(word).joined(separator: " "))\n"
    }

    /// The text as one word of the shell.
    private func quoted(_ text: String) -> String {
        "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }

    /// The text as one word of a line of options: sbatch knows quotes and backslashes, and takes # for a comment.
    private func word(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
                || "-_=/.,:%@+[]".utf8.contains($0)
        }
        if isPlain, !text.isEmpty { return text }
        return "\"" + text.flatMap { "\"\\".contains($0) ? ["\\", $0] : [$0] } + "\""
    }

    /// A path within a file name pattern of sbatch, where % stands for itself.
    private func pattern(_ path: String) -> String {
        path.split(separator: "%", omittingEmptySubsequences: false).joined(separator: "%%")
    }
}
