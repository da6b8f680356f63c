using ContainerTools.Core.Build.Files;
using ContainerTools.Core.Build.Language;
using ContainerTools.Core.Build.Sources;
using ContainerTools.Engine;
using ContainerTools.Linux;
using ContainerTools.Linux.Files;

namespace ContainerTools.Core.Build;

/// <summary>Finds and reads a build's Containerfile and what it leaves out of its context.</summary>
internal static class ContainerfileFinder
{
    private const long SizeLimit = 16 << 20;

    private static readonly string[] Names = ["Containerfile", "Dockerfile"];

    private static readonly string[] IgnoreNames = [".containerignore", ".dockerignore"];

    internal static (Containerfile File, string? Path) Read(OpenedContext context, BuildOptions options)
    {
        byte[]? given = options.File is { } input ? ReadStream(input) : context.Containerfile;
        if (given is not null)
        {
            return (ContainerfileParser.Parse(given, "Containerfile"), null);
        }

        string? path = options.FilePath is { } named ? context.Resolve(named) : Names.Select(context.Resolve).FirstOrDefault(context.HasFile);
        if (path is null || !context.HasFile(path))
        {
            throw new ContainerToolsException("ContainerfileNotFound", ErrorKind.NotFound,
                path is null ? $"There is neither a Containerfile nor a Dockerfile in '{options.ContextPath}'. Name one with -File." : $"There is no file '{options.FilePath}'.", path ?? options.ContextPath);
        }

        return (ContainerfileParser.Parse(ReadFile(context, path), Path.GetRelativePath(context.Directory, path) is var relative && !relative.StartsWith("..", StringComparison.Ordinal) ? relative : path), path);
    }

    internal static IgnoreFile? ReadIgnore(OpenedContext context, string? containerfile)
    {
        // The one that belongs to this very file goes before the context's.
        var names = IgnoreNames.Select(context.Resolve);
        string? path = (containerfile is null ? names : names.Prepend(containerfile + ".dockerignore")).FirstOrDefault(context.HasFile);
        return path is null ? null : IgnoreFile.Parse(ReadFile(context, path), Path.GetFileName(path));
    }

    private static byte[] ReadStream(Stream input)
    {
        var text = new MemoryStream();
        input.CopyTo(text);
        return text.Length <= SizeLimit ? text.ToArray() : throw new ContainerToolsException("ContainerfileTooLarge", ErrorKind.InvalidData, $"The input has more than {SizeLimit >> 20} MiB: that is no Containerfile.");
    }

    private static byte[] ReadFile(OpenedContext context, string path)
    {
        try
        {
            // Opened as it is: reading a FIFO would wait for a writer.
            using var file = context.OpenFile(path);
            LinuxException.ThrowIfFailed(FileCalls.Status((int)file.DangerousGetHandle(), out var status), "stat", path);
            if (status.Type != FileType.Regular)
            {
                throw new ContainerToolsException("ContainerfileNotFile", ErrorKind.InvalidData, $"'{path}' is a {status.Kind()}, not a file to read.", path);
            }

            if (status.Size > SizeLimit)
            {
                throw new ContainerToolsException("ContainerfileTooLarge", ErrorKind.InvalidData, $"'{path}' has more than {SizeLimit >> 20} MiB: that is no Containerfile.", path);
            }

            byte[] content = new byte[status.Size];
            return content[..RandomAccess.Read(file, content, 0)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw ContainerToolsException.FromIO(e, "ContainerfileReadFailed", $"'{path}' could not be read", path);
        }
    }
}
