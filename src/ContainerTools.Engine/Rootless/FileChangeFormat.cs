using System.Globalization;

namespace ContainerTools.Engine.Rootless;

/// <summary>A <see cref="FileChange"/> as a line of text: kind, directory or not, size, time and path, with blanks between.</summary>
internal static class FileChangeFormat
{
    public static string Write(FileChange change) => string.Create(CultureInfo.InvariantCulture,
        $"{(int)change.Kind} {(change.IsDirectory ? 1 : 0)} {change.Size} {change.ModifiedAt.UtcTicks} {change.Path}");

    public static FileChange Read(string line, Container container)
    {
        string[] parts = line.Split(' ', 5);
        return new FileChange
        {
            Container = container.Name,
            ContainerId = container.Id,
            Kind = (FileChangeKind)int.Parse(parts[0], CultureInfo.InvariantCulture),
            IsDirectory = parts[1] == "1",
            Size = long.Parse(parts[2], CultureInfo.InvariantCulture),
            ModifiedAt = new DateTimeOffset(long.Parse(parts[3], CultureInfo.InvariantCulture), TimeSpan.Zero),
            Path = parts[4],
        };
    }
}
