using ContainerTools.Engine;

namespace ContainerTools.Core.Build.Output;

/// <summary>Where a build's result goes, in the words of docker's <c>--output</c>.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Path">The directory or file.</param>
public sealed record BuildOutput(BuildOutputKind Kind, string Path)
{
    /// <summary>Reads <c>type=local|tar|oci|docker,dest=PATH</c>, or a directory's path alone.</summary>
    /// <exception cref="ContainerToolsException">BuildOutputInvalid.</exception>
    public static BuildOutput Parse(string text)
    {
        var options = OptionList.Parse(text, "dest", ["type", "dest"], problem => Invalid(text, problem));
        var kind = options.GetValueOrDefault("type", "local") switch
        {
            "local" => BuildOutputKind.Local,
            "tar" => BuildOutputKind.Tar,
            "oci" => BuildOutputKind.Oci,
            "docker" => BuildOutputKind.Docker,
            var type => throw Invalid(text, $"type is local, tar, oci or docker, not '{type}'; -Tag keeps the image in the store, and Publish-Image pushes it"),
        };
        return options.GetValueOrDefault("dest") is { Length: > 0 } path && path != "-" ? new BuildOutput(kind, path)
            : throw Invalid(text, "it needs the path to write: dest=PATH");
    }

    /// <summary>Throws when nothing of this kind can be written to the path, before anything is built.</summary>
    /// <exception cref="ContainerToolsException">BuildOutputInvalid.</exception>
    internal void Check()
    {
        bool isDirectory = Directory.Exists(Path);
        if (Kind != BuildOutputKind.Local && !Directory.Exists(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Path))))
        {
            throw Invalid(Path, "its directory is not there");
        }

        if (Kind == BuildOutputKind.Local ? File.Exists(Path) : isDirectory)
        {
            throw Invalid(Path, Kind == BuildOutputKind.Local ? "it is a file, where a directory is to be" : "it is a directory, where a file is to be");
        }
    }

    private static ContainerToolsException Invalid(string text, string problem) =>
        new("BuildOutputInvalid", ErrorKind.InvalidArgument, $"Nothing can be written to '{text}': {problem}.", text);
}
