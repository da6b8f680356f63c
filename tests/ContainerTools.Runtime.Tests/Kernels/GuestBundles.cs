using ContainerTools.Engine.Containers;
using ContainerTools.Engine.Specs;
using ContainerTools.Oci.Runtime;
using ContainerTools.TestSupport;

namespace ContainerTools.Runtime.Tests.Kernels;

/// <summary>Bundles with layers on a virtual machine's disk, and the runtime beside them.</summary>
internal static class GuestBundles
{
    public static void Prepare(VirtualMachine machine)
    {
        foreach (string directory in new[] { "layers/base", "layers/top", "srv/data", "var/tmp" })
            Directory.CreateDirectory(Path.Combine(machine.Disk, directory));
        string root = Path.Combine(machine.Disk, "layers/base");
        VirtualMachine.InstallBusybox(root);
        File.CreateSymbolicLink(Path.Combine(root, "bin/mknod"), "busybox");
        File.CreateSymbolicLink(Path.Combine(root, "bin/unshare"), "busybox");
        foreach (string directory in new[] { "proc", "sys", "dev", "etc", "tmp", "root" })
            Directory.CreateDirectory(Path.Combine(root, directory));
        File.WriteAllText(Path.Combine(root, "etc/passwd"), "root:x:0:0::/root:/bin/sh\nalice:x:1000:1000::/:/bin/sh\n");
        File.WriteAllText(Path.Combine(root, "etc/group"), "root:x:0:\nalice:x:1000:\nstaff:x:50:alice\n");
        File.WriteAllText(Path.Combine(machine.Disk, "layers/top/from-top"), "top\n");
        File.WriteAllText(Path.Combine(machine.Disk, "srv/data/file"), "data\n");
        File.Copy(RepositoryPaths.Ctrun, Path.Combine(machine.Disk, "ctrun"));
    }

    public static void Add(VirtualMachine machine, string id, string script, Action<ContainerConfiguration> configure, string parent = "bundles", Action<RuntimeSpec>? change = null)
    {
        var configuration = new ContainerConfiguration
        {
            Id = id,
            HostName = "inside",
            Arguments = ["/bin/sh", "-c", script],
            Environment = ["PATH=/bin"],
            LayerPaths = ["/layers/base", "/layers/top"],
            UpperPath = $"/{parent}/{id}/upper",
            WorkPath = $"/{parent}/{id}/work",
            IdRange = new IdRange { HostStart = 524288 },
            Mounts = [new ContainerMount { Kind = ContainerMountKind.Volume, Name = "data", Source = "/srv/data", Destination = "/data" }],
        };
        configure(configuration);
        string bundle = Path.Combine(machine.Disk, parent, id);
        Directory.CreateDirectory(Path.Combine(bundle, "upper"));
        Directory.CreateDirectory(Path.Combine(bundle, "work"));
        RuntimeSpec spec = SpecBuilder.Build(configuration, new SpecInputs { CanLimitSwap = true });
        change?.Invoke(spec);
        File.WriteAllBytes(Path.Combine(bundle, "config.json"), RuntimeJson.WriteSpec(spec));
    }
}
