using System.Text;
using ContainerTools.Linux;
using ContainerTools.Oci.Runtime;
using ContainerTools.Runtime.CommandLine;
using ContainerTools.Runtime.Launching;

namespace ContainerTools.Runtime.Commands;

/// <summary><c>features</c>: prints what this runtime can do (runtime-spec features.md).</summary>
internal static class FeaturesCommand
{
    public static int Run(ArgumentReader arguments)
    {
        if (arguments.NextOption() is not null)
            throw arguments.Unknown("features");
        arguments.End();
        StandardStreams.Out(Encoding.UTF8.GetString(RuntimeJson.WriteFeatures(Describe())) + "\n");
        return 0;
    }

    private static RuntimeFeatures Describe() => new()
    {
        OciVersionMin = "1.0.0",
        OciVersionMax = RuntimeJson.SpecVersion,
        Hooks = ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"],
        MountOptions = [.. MountOptions.Known],
        Linux = new LinuxFeatures
        {
            Namespaces = ["cgroup", "ipc", "mount", "network", "pid", "time", "user", "uts"],
            Capabilities = [.. Capabilities.Names],
            Cgroup = new CgroupFeatures { V1 = true, V2 = true, Systemd = false, SystemdUser = false, Rdma = true },
            Seccomp = new SeccompFeatures
            {
                Enabled = true,
                Actions =
                [
                    "SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO", "SCMP_ACT_KILL", "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_KILL_THREAD", "SCMP_ACT_LOG", "SCMP_ACT_NOTIFY",
                    "SCMP_ACT_TRACE", "SCMP_ACT_TRAP",
                ],
                Operators = ["SCMP_CMP_EQ", "SCMP_CMP_GE", "SCMP_CMP_GT", "SCMP_CMP_LE", "SCMP_CMP_LT", "SCMP_CMP_MASKED_EQ", "SCMP_CMP_NE"],
                Archs = ["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM", "SCMP_ARCH_X32", "SCMP_ARCH_X86", "SCMP_ARCH_X86_64"],
                KnownFlags = [.. SeccompFlagNames],
                // The last one came with Linux 5.19, the others are older than anything else that this runtime needs.
                SupportedFlags = [.. SeccompFlagNames.Take(KernelVersion.Current >= new KernelVersion(5, 19) ? 4 : 3)],
            },
            Apparmor = new EnabledFeature { Enabled = true },
            Selinux = new EnabledFeature { Enabled = true },
            IntelRdt = new EnabledFeature { Enabled = false },
            MountExtensions = new MountExtensionFeatures { Idmap = new EnabledFeature { Enabled = true } },
        },
        Annotations = new() { ["containertools.ctrun.version"] = typeof(FeaturesCommand).Assembly.GetName().Version?.ToString(3) ?? "" },
        PotentiallyUnsafeConfigAnnotations = [Engine.Specs.Annotations.Prefix],
    };

    private static readonly string[] SeccompFlagNames =
        ["SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW", "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"];
}
