using System.Text.RegularExpressions;

namespace ContainerTools.TestSupport;

/// <summary>
/// Debian 12's own kernel (6.1, the cloud flavour), fetched as a package by apt, unpacked and kept between runs; never installed.
/// </summary>
/// <param name="Image">The bootable image.</param>
/// <param name="Modules">Directory with the modules that a virtual machine needs, in the order in which they load.</param>
public sealed partial record DebianKernel(string Image, IReadOnlyList<string> Modules)
{
    // Each after what it depends on; ext4 is built in.
    private static readonly string[] ModuleNames =
        ["virtio_ring", "virtio", "virtio_pci_legacy_dev", "virtio_pci_modern_dev", "virtio_pci", "virtio_blk", "overlay"];

    /// <summary>The newest 6.1 cloud kernel that the machine's apt sources have.</summary>
    public static DebianKernel Get()
    {
        var dependencies = Command.Run("apt-cache", "depends", "linux-image-cloud-amd64").Succeeded().Output;
        var match = PackageName().Match(dependencies);
        if (!match.Success)
        {
            throw new InvalidOperationException("apt knows no linux-image-cloud-amd64: run 'apt-get update' first.");
        }
        var package = match.Value;
        var home = Path.Combine(TestCache.Root, "kernels");
        var directory = Path.Combine(home, package);
        Directory.CreateDirectory(home);
        if (!Directory.Exists(directory))
        {
            // Unpacked beside and renamed, so that a run that was cut short leaves no half kernel behind.
            using var temporary = new TemporaryDirectory("kernel");
            Command.Run("apt-get", ["download", "-q", package], workingDirectory: temporary, timeout: TimeSpan.FromMinutes(5)).Succeeded();
            var archive = Directory.GetFiles(temporary, "*.deb").Single();
            var unpacked = Path.Combine(home, $".{Guid.NewGuid():N}");
            Command.Run("dpkg-deb", "-x", archive, unpacked).Succeeded();
            try
            {
                Directory.Move(unpacked, directory);
            }
            catch (IOException) when (Directory.Exists(directory))
            {
                Directory.Delete(unpacked, recursive: true);
            }
        }
        var modules = Directory.EnumerateFiles(Path.Combine(directory, "lib"), "*.ko", SearchOption.AllDirectories)
            .ToDictionary(file => Path.GetFileNameWithoutExtension(file), StringComparer.Ordinal);
        return new DebianKernel(
            Directory.EnumerateFiles(Path.Combine(directory, "boot"), "vmlinuz-*").Single(),
            [.. ModuleNames.Select(name => modules[name])]);
    }

    [GeneratedRegex(@"linux-image-6\.1\.\S+")]
    private static partial Regex PackageName();
}
