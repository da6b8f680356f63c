using System.Globalization;
using ContainerTools.Linux.Files;

namespace ContainerTools.Linux;

/// <summary>A kernel's version as far as features depend on it: major and minor.</summary>
/// <param name="Major">First number.</param>
/// <param name="Minor">Second number.</param>
public readonly record struct KernelVersion(int Major, int Minor) : IComparable<KernelVersion>
{
    private static KernelVersion? s_current;

    /// <summary>The running kernel's.</summary>
    public static KernelVersion Current => s_current ??= Parse(Release);

    /// <summary>The running kernel's release, such as <c>6.1.0-23-amd64</c>.</summary>
    public static string Release => KernelFile.TryRead("/proc/sys/kernel/osrelease")?.Trim() ?? throw new LinuxException(Errno.ENOENT, "open", "/proc/sys/kernel/osrelease");

    /// <summary>Reads the beginning of a release; what is no number counts as 0.</summary>
    public static KernelVersion Parse(string release)
    {
        string[] parts = release.Split('.', 3);
        return new KernelVersion(Number(parts[0]), parts.Length > 1 ? Number(parts[1]) : 0);
    }

    /// <inheritdoc/>
    public int CompareTo(KernelVersion other) => Major != other.Major ? Major.CompareTo(other.Major) : Minor.CompareTo(other.Minor);

    /// <summary>Whether one is older.</summary>
    public static bool operator <(KernelVersion left, KernelVersion right) => left.CompareTo(right) < 0;

    /// <summary>Whether one is newer.</summary>
    public static bool operator >(KernelVersion left, KernelVersion right) => left.CompareTo(right) > 0;

    /// <summary>Whether one is older or the same.</summary>
    public static bool operator <=(KernelVersion left, KernelVersion right) => left.CompareTo(right) <= 0;

    /// <summary>Whether one is newer or the same.</summary>
    public static bool operator >=(KernelVersion left, KernelVersion right) => left.CompareTo(right) >= 0;

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Major}.{Minor}");

    private static int Number(string text)
    {
        int end = text.AsSpan().IndexOfAnyExceptInRange('0', '9');
        return int.TryParse(end < 0 ? text : text[..end], NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? value : 0;
    }
}
