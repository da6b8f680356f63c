using System.Text.Json.Serialization;

namespace ContainerTools.Oci.Runtime;

/// <summary>A process of the container, also the <c>--process</c> document of exec (runtime-spec config.md, "Process").</summary>
public sealed class ProcessSpec
{
    /// <summary>Whether a pseudoterminal is attached.</summary>
    public bool Terminal { get; set; }

    /// <summary>Size of the terminal, when there is one.</summary>
    public ConsoleSize? ConsoleSize { get; set; }

    /// <summary>Ids the process runs with.</summary>
    public UserSpec User { get; set; } = new();

    /// <summary>Command and arguments, as execvp(3).</summary>
    public List<string>? Args { get; set; }

    /// <summary>Environment, <c>NAME=value</c> each.</summary>
    public List<string>? Env { get; set; }

    /// <summary>Working directory, absolute.</summary>
    public string Cwd { get; set; } = "";

    /// <summary>Capability sets (capabilities(7)). None named: none held.</summary>
    public CapabilitiesSpec? Capabilities { get; set; }

    /// <summary>Resource limits (getrlimit(2)).</summary>
    public List<RlimitSpec>? Rlimits { get; set; }

    /// <summary>Whether no_new_privs is set (prctl(2)).</summary>
    public bool NoNewPrivileges { get; set; }

    /// <summary>AppArmor profile to enter at exec.</summary>
    public string? ApparmorProfile { get; set; }

    /// <summary>Value for oom_score_adj (proc(5)), -1000 to 1000.</summary>
    public int? OomScoreAdj { get; set; }

    /// <summary>Scheduling attributes (sched_setattr(2)).</summary>
    public SchedulerSpec? Scheduler { get; set; }

    /// <summary>SELinux label of the process.</summary>
    public string? SelinuxLabel { get; set; }

    /// <summary>I/O priority (ioprio_set(2)).</summary>
    public IoPrioritySpec? IoPriority { get; set; }

    /// <summary>CPU affinity of processes started by exec.</summary>
    [JsonPropertyName("execCPUAffinity")]
    public CpuAffinitySpec? ExecCpuAffinity { get; set; }
}
