using System.Globalization;
using ContainerTools.Engine;
using ContainerTools.Linux.Files;

namespace ContainerTools.Runtime.Launching;

/// <summary>Finds the host's node of a device. In a user namespace none can be made: the host's is bound.</summary>
internal static class HostDevice
{
    /// <summary>The path on the host: the same as inside where that is the device, else where the kernel says that it is.</summary>
    /// <param name="path">The path inside.</param>
    /// <param name="type"><c>c</c> or <c>b</c>.</param>
    /// <param name="major">Major number.</param>
    /// <param name="minor">Minor number.</param>
    /// <exception cref="ContainerToolsException">DeviceNotFound.</exception>
    public static string Find(string path, char type, uint major, uint minor)
    {
        if (Is(path, type, major, minor))
            return path;
        if (KernelName(type, major, minor) is { } name && Is("/dev/" + name, type, major, minor))
            return "/dev/" + name;
        throw new ContainerToolsException("DeviceNotFound", ErrorKind.NotFound,
            $"The device '{path}' ({type} {major}:{minor}) cannot be given to a container with a user namespace: that takes a node of the host's, and the host has none of this number in /dev.", path);
    }

    private static bool Is(string path, char type, uint major, uint minor) =>
        FileCalls.StatusAt(FileCalls.WorkingDirectory, PathBytes.Terminated(path), out var status) >= 0
        && status.Type == (type == 'b' ? FileType.BlockDevice : FileType.CharacterDevice) && status.NodeMajor == major && status.NodeMinor == minor;

    // sysfs names every device that the kernel knows by its numbers.
    private static string? KernelName(char type, uint major, uint minor)
    {
        try
        {
            return File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/sys/dev/{(type == 'b' ? "block" : "char")}/{major}:{minor}/uevent"))
                .FirstOrDefault(static line => line.StartsWith("DEVNAME=", StringComparison.Ordinal))?["DEVNAME=".Length..];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
