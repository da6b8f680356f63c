using ContainerTools.Engine.Contents;
using ContainerTools.Engine.Layers;
using ContainerTools.Linux;
using ContainerTools.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Engine.Rootless;

/// <summary>A directory that a process of the user's session has open. What a listing said of its entries is believed: it is for trees that nobody changes.</summary>
internal sealed class RemoteDirectory(TreeReader reader, int number) : EntryDirectory
{
    private Dictionary<byte[], (FileStatus Status, bool HasAttributes)>? _entries;

    public override List<byte[]> Names()
    {
        var answer = Ask(TreeRequest.List, []);
        LinuxException.ThrowIfFailed(answer.Result, "read", "directory");
        List<byte[]> names = [];
        _entries = new(BytesComparer.Instance);
        for (var rest = answer.Bytes; !rest.IsEmpty;)
        {
            var status = TreeAnswer.TakeValue<FileStatus>(ref rest);
            bool hasAttributes = TreeAnswer.TakeValue<bool>(ref rest);
            byte[] name = TreeAnswer.TakeCounted(ref rest);
            _entries[name] = (status, hasAttributes);
            names.Add(name);
        }
        return names;
    }

    public override int Status(byte[] path, out FileStatus status)
    {
        if (_entries is not null && _entries.TryGetValue(path, out var known))
        {
            status = known.Status;
            return 0;
        }
        var answer = Ask(TreeRequest.Status, path);
        var rest = answer.Bytes;
        status = answer.Result < 0 ? default : TreeAnswer.TakeValue<FileStatus>(ref rest);
        return answer.Result;
    }

    public override int TryOpen(byte[] path, out EntryDirectory? directory)
    {
        int result = Ask(TreeRequest.OpenDirectory, path).Result;
        directory = result < 0 ? null : new RemoteDirectory(reader, result);
        return Math.Min(result, 0);
    }

    public override int TryOpenFile(byte[] path, out SafeFileHandle? file) => Open(TreeRequest.OpenFile, path, out file);

    public override int TryFollow(byte[] path, out SafeFileHandle? file) => Open(TreeRequest.Follow, path, out file);

    public override byte[] Link(byte[] path) => Ask(TreeRequest.Link, path).Bytes.ToArray();

    public override List<TarExtendedAttribute>? Attributes(byte[] name)
    {
        if (_entries is not null && _entries.TryGetValue(name, out var known) && !known.HasAttributes)
            return null;
        List<TarExtendedAttribute> attributes = [];
        for (var rest = Ask(TreeRequest.Attributes, name).Bytes; !rest.IsEmpty;)
            attributes.Add(new(TreeAnswer.TakeCounted(ref rest), TreeAnswer.TakeCounted(ref rest)));
        return attributes.Count > 0 ? attributes : null;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            reader.Close(number);
    }

    private int Open(TreeRequest request, byte[] path, out SafeFileHandle? file)
    {
        var answer = Ask(request, path);
        file = answer.File;
        return answer.Result;
    }

    private TreeAnswer Ask(TreeRequest request, ReadOnlySpan<byte> path) => reader.Ask(request, number, path);
}
