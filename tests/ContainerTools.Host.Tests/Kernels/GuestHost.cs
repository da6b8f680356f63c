using ContainerTools.TestSupport;

namespace ContainerTools.Host.Tests.Kernels;

/// <summary>The whole product in a virtual machine, with the .NET runtime, and an image in /busybox.tar.</summary>
internal static class GuestHost
{
    /// <summary>What the guest's shell says before it calls the host.</summary>
    public const string Environment = "DOTNET_ROOT=/dotnet DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 DOTNET_TieredPGO=0 CONTAINERTOOLS_PWSH=none NO_COLOR=1 PATH=/bin";

    /// <summary>The command that calls the host in the guest.</summary>
    public static string Program => "/dotnet/dotnet /repository/" + Path.GetRelativePath(RepositoryPaths.Root, HostShell.Program);

    /// <summary>Installs it.</summary>
    public static void Install(VirtualMachine machine)
    {
        InstallRuntime(machine);
        foreach (var item in new[] { "ContainerTools.psd1", "bin", "formats", "en-US", Path.GetDirectoryName(HostShell.Program)! })
        {
            var from = Path.Combine(RepositoryPaths.Root, item);
            machine.InstallTree(from, Path.Combine("repository", Path.GetRelativePath(RepositoryPaths.Root, from)));
        }
        BusyboxImage.WriteDockerArchive(Path.Combine(machine.Disk, "busybox.tar"));
    }

    /// <summary>The .NET runtime, and the libraries that it loads.</summary>
    private static void InstallRuntime(VirtualMachine machine)
    {
        var framework = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        var root = Path.GetFullPath("../../..", framework);
        machine.InstallTree(Path.Combine(root, "dotnet"), "dotnet/dotnet");
        machine.InstallTree(Path.Combine(root, "host"), "dotnet/host");
        machine.InstallTree(framework, Path.Combine("dotnet", Path.GetRelativePath(root, framework)));
        foreach (var library in new[] { "libcoreclr.so", "libSystem.Native.so", "libSystem.IO.Compression.Native.so" })
        {
            machine.InstallProgram(Path.Combine(framework, library));
        }
        foreach (var library in Command.Run("ldconfig", "-p").Succeeded().Lines.Where(line => line.Contains("libssl.so.3", StringComparison.Ordinal) && line.Contains("x86-64", StringComparison.Ordinal)))
        {
            machine.InstallProgram(library.Split(' ')[^1]);
        }
    }
}
