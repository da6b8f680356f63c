using System.Globalization;
using System.Text;
using ContainerTools.Engine;
using ContainerTools.Linux;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Processes;
using ContainerTools.Oci.Runtime;

namespace ContainerTools.Runtime.Launching;

/// <summary>What the runtime sets on a waiting process from outside, with the rights it has on the host: limits, out-of-memory score, scheduling.</summary>
internal static unsafe class ProcessLimits
{
    // By number, from 0 (getrlimit(2), asm-generic/resource.h).
    private static readonly string[] Names =
        ["CPU", "FSIZE", "DATA", "STACK", "CORE", "RSS", "NPROC", "NOFILE", "MEMLOCK", "AS", "LOCKS", "SIGPENDING", "MSGQUEUE", "NICE", "RTPRIO", "RTTIME"];

    /// <summary>Whether there is anything to set from outside.</summary>
    public static bool AreNeeded(ProcessSpec process) =>
        process.OomScoreAdj is not null || process.Scheduler is not null || process.IoPriority is not null || (process.Rlimits is { Count: > 0 } && CanRaise);

    public static void Apply(int pid, ProcessSpec process)
    {
        Check(process.Rlimits);
        if (CanRaise)
        {
            foreach (var limit in process.Rlimits ?? [])
                ApplyLimit(pid, limit);
        }
        if (process.OomScoreAdj is { } score)
            ApplyScore(pid, score);
        if (process.Scheduler is { } scheduler)
            ApplyScheduler(pid, scheduler);
        if (process.IoPriority is { } priority)
            ApplyIoPriority(pid, priority);
    }

    /// <summary>
    /// Adds the limits to the process's own steps where this process has no CAP_SYS_RESOURCE: then it may not touch those of a process with another
    /// user's id, and the process itself may lower them just as well.
    /// </summary>
    public static void AddOwn(CallTable table, ProcessSpec process)
    {
        if (process.Rlimits is not { Count: > 0 } limits || CanRaise)
            return;
        Check(limits);
        foreach (var limit in limits)
            table.Add("prlimit", limit.Type, SystemCalls.Prlimit64, 0, Number(limit), table.Longs((long)limit.Soft, (long)limit.Hard), 0).OnError(errno => LimitError(limit, errno));
    }

    /// <summary>Lets this process have as many files open as it may.</summary>
    public static void RaiseOpenFiles()
    {
        const int OpenFiles = 7;
        var values = stackalloc ulong[2];
        if (NativeMethods.Syscall(SystemCalls.Prlimit64, 0, OpenFiles, 0, (long)values) < 0)
            return;
        values[0] = values[1];
        _ = NativeMethods.Syscall(SystemCalls.Prlimit64, 0, OpenFiles, (long)values, 0);
    }

    // runtime-spec config.md, "POSIX process": an error.
    private static void Check(List<RlimitSpec>? limits)
    {
        for (var i = 0; i < (limits?.Count ?? 0); i++)
        {
            var limit = limits![i];
            if (limits.FindIndex(other => Number(other) == Number(limit)) < i)
                throw NamespacePlan.Invalid($"it has the resource limit '{limit.Type}' twice");
        }
    }

    private static bool CanRaise => (OwnCapabilities.Permitted & Capabilities.Mask(["CAP_SYS_RESOURCE"])) != 0;

    private static void ApplyLimit(int pid, RlimitSpec limit)
    {
        var values = stackalloc ulong[] { limit.Soft, limit.Hard };
        if (NativeMethods.Syscall(SystemCalls.Prlimit64, pid, Number(limit), (long)values, 0) < 0)
            throw LimitError(limit, LinuxException.Last("prlimit", limit.Type).Errno);
    }

    private static int Number(RlimitSpec limit)
    {
        var number = Array.IndexOf(Names, limit.Type.StartsWith("RLIMIT_", StringComparison.Ordinal) ? limit.Type[7..] : limit.Type);
        if (number < 0)
            throw NamespacePlan.Invalid($"there is no resource limit '{limit.Type}'");
        return limit.Soft <= limit.Hard ? number : throw NamespacePlan.Invalid($"the soft limit {limit.Soft} of {limit.Type} is above its hard limit {limit.Hard}");
    }

    private static ContainerToolsException LimitError(RlimitSpec limit, int errno) =>
        new("ResourceLimitFailed", errno == Errno.EPERM ? ErrorKind.PermissionDenied : ErrorKind.InvalidArgument, errno == Errno.EPERM
            ? $"{limit.Type} cannot be set to {limit.Soft}:{limit.Hard}: this user may not raise it above its own hard limit (that takes CAP_SYS_RESOURCE)."
            : $"{limit.Type} cannot be set to {limit.Soft}:{limit.Hard}: {LinuxException.Describe(errno)}.", limit.Type);

    private static void ApplyScore(int pid, int score)
    {
        var path = string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/oom_score_adj");
        var fd = LinuxException.ThrowIfFailed(FileCalls.OpenAt(FileCalls.WorkingDirectory, Encoding.UTF8.GetBytes(path + '\0'), OpenFlags.WriteOnly), "open", path);
        var result = FileCalls.Write(fd, Encoding.UTF8.GetBytes(score.ToString(CultureInfo.InvariantCulture)));
        _ = FileCalls.Close(fd);
        if (result < 0)
        {
            throw new ContainerToolsException("ResourceLimitFailed", result == -Errno.EACCES ? ErrorKind.PermissionDenied : ErrorKind.InvalidArgument,
                $"The out-of-memory score cannot be set to {score}: {LinuxException.Describe(-result)}{(result == -Errno.EACCES ? " (lowering it takes CAP_SYS_RESOURCE)" : "")}.", score);
        }
    }

    private static void ApplyScheduler(int pid, SchedulerSpec scheduler)
    {
        // struct sched_attr (sched_setattr(2)): size, policy, flags, nice, priority, runtime, deadline, period
        var policy = Array.IndexOf(["SCHED_OTHER", "SCHED_FIFO", "SCHED_RR", "SCHED_BATCH", "SCHED_ISO", "SCHED_IDLE", "SCHED_DEADLINE"], scheduler.Policy);
        if (policy < 0)
            throw NamespacePlan.Invalid($"there is no scheduling policy '{scheduler.Policy}'");
        ulong flags = 0;
        foreach (var flag in scheduler.Flags ?? [])
        {
            flags |= flag switch
            {
                "SCHED_FLAG_RESET_ON_FORK" => 1,
                "SCHED_FLAG_RECLAIM" => 2,
                "SCHED_FLAG_DL_OVERRUN" => 4,
                "SCHED_FLAG_KEEP_POLICY" => 8,
                "SCHED_FLAG_KEEP_PARAMS" => 16,
                "SCHED_FLAG_UTIL_CLAMP_MIN" => 32,
                "SCHED_FLAG_UTIL_CLAMP_MAX" => 64,
                _ => throw NamespacePlan.Invalid($"there is no scheduling flag '{flag}'"),
            };
        }
        var attributes = stackalloc ulong[]
        {
            48 | (ulong)(uint)policy << 32, flags, (uint)(scheduler.Nice ?? 0) | (ulong)(uint)(scheduler.Priority ?? 0) << 32,
            scheduler.Runtime ?? 0, scheduler.Deadline ?? 0, scheduler.Period ?? 0,
        };
        if (NativeMethods.Syscall(SystemCalls.SchedSetattr, pid, (long)attributes, 0) < 0)
            throw LinuxException.Last("sched_setattr", scheduler.Policy);
    }

    private static void ApplyIoPriority(int pid, IoPrioritySpec priority)
    {
        const int WhoProcess = 1, ClassShift = 13;
        var kind = Array.IndexOf(["IOPRIO_CLASS_RT", "IOPRIO_CLASS_BE", "IOPRIO_CLASS_IDLE"], priority.Class) + 1;
        if (kind == 0)
            throw NamespacePlan.Invalid($"there is no I/O priority class '{priority.Class}'");
        if (priority.Priority is < 0 or > 7)
            throw NamespacePlan.Invalid($"its I/O priority is {priority.Priority}; they go from 0 to 7");
        if (NativeMethods.Syscall(SystemCalls.IoprioSet, WhoProcess, pid, (long)(kind << ClassShift | priority.Priority)) < 0)
            throw LinuxException.Last("ioprio_set", priority.Class);
    }
}
