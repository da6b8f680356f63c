using System.Buffers;
using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using ContainerTools.Engine.Store;
using ContainerTools.Linux.Files;

namespace ContainerTools.Engine.Containers;

/// <summary>container.json of all containers: reading, with a cache for the process, and writing.</summary>
internal sealed class ContainerRecords(StorePaths paths)
{
    // A new version of the file is a new inode, so inode, size and time name a version; contents of one version never change.
    private static readonly ConcurrentDictionary<string, (ulong Inode, FileTime Time, long Size, ContainerConfiguration Value)> s_cache = new();

    private static readonly SearchValues<char> s_digits = SearchValues.Create("0123456789abcdef");

    public string DirectoryOf(string id) => Path.Combine(paths.Containers, id);

    /// <summary>All containers, also those still being made.</summary>
    public List<ContainerConfiguration> ReadAll()
    {
        List<ContainerConfiguration> all = [];
        try
        {
            foreach (string directory in Directory.EnumerateDirectories(paths.Containers))
            {
                if (IsId(Path.GetFileName(directory.AsSpan())) && TryRead(Path.GetFileName(directory)) is { } configuration)
                    all.Add(configuration);
            }
        }
        catch (DirectoryNotFoundException)
        {
            // Nothing was ever made here.
        }
        return all;
    }

    /// <summary>One container; null if there is none, or its file is damaged.</summary>
    public ContainerConfiguration? TryRead(string id)
    {
        string path = PathOf(id);
        if (FileCalls.StatusAt(FileCalls.WorkingDirectory, Encoding.UTF8.GetBytes(path + '\0'), out FileStatus status) < 0)
        {
            s_cache.TryRemove(path, out _);
            return ReadUnfinished(id);
        }
        if (s_cache.TryGetValue(path, out var cached) && cached.Inode == status.Inode && cached.Time == status.ModifyTime && cached.Size == status.Size)
            return cached.Value;
        try
        {
            var value = Read(path, id);
            if (value is not null)
                s_cache[path] = (status.Inode, status.ModifyTime, status.Size, value);
            return value;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or JsonException)
        {
            return null;
        }
    }

    /// <summary>The record of a container that is still being made.</summary>
    private ContainerConfiguration? ReadUnfinished(string id)
    {
        string path = Path.Combine(paths.Containers, id, ContainerFiles.UnfinishedConfiguration);
        try
        {
            if (!File.Exists(path))
                return Named();
            if (Read(path, id) is not { } value)
                return null;
            value.Incomplete = true;
            return value;
        }
        catch (FileNotFoundException)
        {
            return Named();
        }
        catch (Exception e) when (e is DirectoryNotFoundException or JsonException)
        {
            return null;
        }

        // It may have got its name meanwhile.
        ContainerConfiguration? Named() => File.Exists(PathOf(id)) ? TryRead(id) : null;
    }

    private ContainerConfiguration? Read(string path, string id)
    {
        var value = JsonSerializer.Deserialize(File.ReadAllBytes(path), ContainerJsonContext.Default.ContainerConfiguration);
        if (value is null || value.Id != id)
            return null;
        value.RunRoot = paths.RunRoot;
        return value;
    }

    /// <summary>Writes the record of a container that is being made.</summary>
    /// <exception cref="IOException">It could not be written.</exception>
    public UnfinishedRecord Begin(ContainerConfiguration configuration)
    {
        configuration.RunRoot = paths.RunRoot;
        return UnfinishedRecord.Write(DirectoryOf(configuration.Id), Serialize(configuration));
    }

    /// <summary>
    /// Name and image of a container, found in its file's bytes: the monitor must not pay for a JSON reader. The first members of these names are the container's own, and
    /// neither a name nor an image's needs escapes.
    /// </summary>
    public static (string Name, string Image) ReadNames(string directory)
    {
        using var file = FileCalls.OpenIfExists(Path.Combine(directory, ContainerFiles.Configuration), OpenFlags.ReadOnly);
        if (file is null)
            return ("", "");
        Span<byte> head = stackalloc byte[2048];
        head = head[..Math.Max(0, FileCalls.Read((int)file.DangerousGetHandle(), head))];
        return (Member(head, "\"name\":\""u8), Member(head, "\"image\":\""u8));

        static string Member(ReadOnlySpan<byte> json, ReadOnlySpan<byte> name)
        {
            int start = json.IndexOf(name);
            int length = start < 0 ? -1 : json[(start + name.Length)..].IndexOf((byte)'"');
            return length < 0 ? "" : Encoding.UTF8.GetString(json.Slice(start + name.Length, length));
        }
    }

    public void Write(ContainerConfiguration configuration)
    {
        configuration.RunRoot = paths.RunRoot;
        AtomicFile.Write(PathOf(configuration.Id), Serialize(configuration));
    }

    private static byte[] Serialize(ContainerConfiguration configuration) => JsonSerializer.SerializeToUtf8Bytes(configuration, ContainerJsonWriting.Default.ContainerConfiguration);

    /// <summary>Keeps what was just written for the next reader, who is near: a container that was made is started. Nobody else may write it meanwhile.</summary>
    public void Remember(ContainerConfiguration configuration)
    {
        string path = PathOf(configuration.Id);
        if (FileCalls.StatusAt(FileCalls.WorkingDirectory, Encoding.UTF8.GetBytes(path + '\0'), out FileStatus status) >= 0)
            s_cache[path] = (status.Inode, status.ModifyTime, status.Size, configuration);
    }

    public static ContainerConfiguration Copy(ContainerConfiguration configuration) =>
        JsonSerializer.Deserialize(Serialize(configuration), ContainerJsonContext.Default.ContainerConfiguration)!;

    private string PathOf(string id) => Path.Combine(paths.Containers, id, ContainerFiles.Configuration);

    internal static bool IsId(ReadOnlySpan<char> text) => text.Length == 64 && !text.ContainsAnyExcept(s_digits);
}
