import Cluster
import Testing

/// The outputs are those of Slurm 22.05.8, shortened.
@Suite struct SlurmWordsTests {
    @Test func `the size of arrays is found in the configuration`() {
        let text = """
            Configuration data as of 2026-11-28T14:22:01
            MaxArraySize            = 1001
            MaxDBDMsgs              = 20016
            """
        #expect(SlurmWords.configured("MaxArraySize", in: text) == "1001")
        #expect(SlurmWords.configured("MaxArray", in: text) == nil)
    }

    @Test func `a job's number is read with and without a cluster`() {
        #expect(SlurmWords.jobID("12\n") == 12 && SlurmWords.jobID("12;north\n") == 12)
        #expect(SlurmWords.jobID("Submitted batch job 12") == nil && SlurmWords.jobID("") == nil)
    }

    @Test func `queued tasks are read, jobs that are no array too`() {
        let tasks = SlurmWords.queued(
            "1|5|PENDING|Resources|\n1|1|RUNNING|None|node1\n2|N/A|PENDING|Dependency|\nslurm_load_jobs error\n")
        #expect(tasks.map(\.job) == [1, 1, 2] && tasks.map(\.task) == [5, 1, nil])
        #expect(tasks.map(\.reason) == ["Resources", "", "Dependency"] && tasks[1].node == "node1")
        #expect(!tasks[0].waitsForever)
        #expect(SlurmWords.queued("3|N/A|PENDING|PartitionConfig|")[0].waitsForever)
        #expect(SlurmWords.queued("3|N/A|PENDING|(launch failed requeued held)|")[0].waitsForever)
    }

    private static let shown = """
        JobId=6 ArrayJobId=1 ArrayTaskId=6 JobName=infoplane-my run JobState=RUNNING Reason=None ExitCode=0:0 NodeList=node3
        JobId=5 ArrayJobId=1 ArrayTaskId=4 JobName=x JobState=FAILED Reason=NonZeroExitCode ExitCode=137:0 NodeList=node4
        JobId=4 ArrayJobId=1 ArrayTaskId=3 JobName=x JobState=OUT_OF_MEMORY ExitCode=0:125 NodeList=node2 BatchHost=node2
        JobId=1 ArrayJobId=1 ArrayTaskId=7-9 JobName=x JobState=PENDING ExitCode=0:0 NodeList=(null)
        """

    @Test func `how tasks ended is read, those that wait left out`() {
        let endings = SlurmWords.endings(Self.shown)
        #expect(endings.keys.sorted() == [3, 4, 6])
        #expect(endings[4]?.words == "FAILED with exit code 137 on node4")
        #expect(endings[3]?.words == "OUT_OF_MEMORY by signal 125 on node2")
        #expect(endings[6]?.words == "RUNNING on node3")
    }

    @Test func `a value with spaces ends before the next name`() {
        let line = Self.shown.split(separator: "\n")[0]
        #expect(SlurmWords.facts(ofJob: line)["JobName"] == "infoplane-my run")
    }

    @Test(arguments: [
        (
            "sbatch: error: invalid partition specified: nope\nsbatch: error: Batch job submission failed: Invalid partition "
                + "name specified\n",
            "invalid partition specified: nope; Batch job submission failed: Invalid partition name specified", "sinfo"
        ),
        (
            "sbatch: error: AssocMaxSubmitJobLimit\nsbatch: error: Batch job submission failed: Job violates "
                + "accounting/QOS policy (job submit limit, user's size and/or time limits)",
            "AssocMaxSubmitJobLimit; Batch job submission failed: Job violates accounting/QOS policy (job submit limit, "
                + "user's size and/or time limits)", "--account or --qos"
        ),
        (
            "slurm_load_jobs error: Unable to contact slurm controller (connect failure)",
            "Unable to contact slurm controller (connect failure)", "scontrol ping"
        ),
        (
            "sbatch: error: Batch job submission failed: Invalid job array specification",
            "Batch job submission failed: Invalid job array specification", "fewer --tasks"
        ),
        ("sbatch: unrecognized option '--foo'\n", "unrecognized option '--foo'", "sbatch --help"),
        ("", "it gave no reason", "sbatch --help"),
    ])
    func `a refusal is told in Slurm's words, with what to do`(said: String, complaint: String, remedy: String) {
        #expect(SlurmWords.complaint(said) == complaint)
        #expect(SlurmWords.remedy(for: complaint).contains(remedy))
    }

    @Test func `indices of an array are joined where they follow each other`() {
        #expect(JobArray.indices(1...64) == "1-64")
        #expect(JobArray.indices([1, 2, 3, 7, 9, 10]) == "1-3,7,9-10")
        #expect(JobArray.indices([5]) == "5")
    }
}
