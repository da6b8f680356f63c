using System.Text;

namespace ContainerTools.Engine.Volumes;

/// <summary>The two notations of a mount: Docker's <c>-v</c> and <c>--mount</c>.</summary>
internal static class VolumeMountParser
{
    private static readonly HashSet<string> Flags = new(StringComparer.Ordinal)
    {
        "exec", "noexec", "suid", "nosuid", "dev", "nodev", "atime", "noatime", "diratime", "nodiratime", "relatime", "norelatime", "strictatime",
        "bind", "rbind", "shared", "rshared", "slave", "rslave", "private", "rprivate", "unbindable", "runbindable",
    };

    public static VolumeMount ParseShort(string text, string? currentDirectory)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] parts = text.Split(':');
        if (parts.Length > 3 || parts.Any(string.IsNullOrWhiteSpace))
            throw Invalid("InvalidVolume", text, "it is not VOLUME:PATH, /HOST/PATH:PATH or PATH, with :ro or other options behind");
        if (parts.Length == 1)
            return new VolumeMount { Kind = ContainerMountKind.Volume, Destination = CheckDestination("InvalidVolume", text, parts[0]) };
        string source = parts[0];
        bool bind = source is "." or ".." or "~" || source.StartsWith('/') || source.StartsWith("./", StringComparison.Ordinal)
            || source.StartsWith("../", StringComparison.Ordinal) || source.StartsWith("~/", StringComparison.Ordinal);
        if (bind)
            source = FullPath(source, currentDirectory);
        else
            VolumeName.Check(source);
        bool readOnly = false, copyUp = true;
        string? relabel = null;
        List<string> options = [];
        foreach (string option in parts.Length == 3 ? parts[2].Split(',') : [])
        {
            switch (option)
            {
                case "ro" or "readonly": readOnly = true; break;
                case "rw": readOnly = false; break;
                case "nocopy" when !bind: copyUp = false; break;
                case "z": relabel = ContainerMount.SharedLabel; break;
                case "Z": relabel = ContainerMount.PrivateLabel; break;
                case var flag when Flags.Contains(flag): options.Add(flag); break;
                default: throw Invalid("InvalidVolume", text, $"'{option}' is no option of a {(bind ? "bind" : "volume")}; ro, rw{(bind ? "" : ", nocopy")}, z, Z and mount flags such as noexec are");
            }
        }
        return new VolumeMount
        {
            Kind = bind ? ContainerMountKind.Bind : ContainerMountKind.Volume,
            Source = source,
            Destination = CheckDestination("InvalidVolume", text, parts[1]),
            ReadOnly = readOnly,
            CopyUp = copyUp,
            Relabel = relabel,
            Options = options,
        };
    }

    public static VolumeMount ParseLong(string text, string? currentDirectory)
    {
        ArgumentNullException.ThrowIfNull(text);
        var kind = ContainerMountKind.Volume;
        string? source = null, destination = null;
        bool copyUp = true;
        bool? readOnly = null;
        List<string> options = [];
        foreach (string field in Fields(text))
        {
            int equals = field.IndexOf('=', StringComparison.Ordinal);
            string key = (equals < 0 ? field : field[..equals]).Trim().ToLowerInvariant();
            string? value = equals < 0 ? null : field[(equals + 1)..];
            switch (key)
            {
                case "type":
                    kind = value?.ToLowerInvariant() switch
                    {
                        "bind" => ContainerMountKind.Bind,
                        "volume" => ContainerMountKind.Volume,
                        "tmpfs" => ContainerMountKind.TmpFs,
                        "image" => ContainerMountKind.Image,
                        _ => throw Invalid("InvalidMount", text, $"the type '{value}' is none of bind, volume, tmpfs and image"),
                    };
                    break;
                case "source" or "src": source = value; break;
                case "target" or "destination" or "dst": destination = value; break;
                case "readonly" or "ro": readOnly = Bool(text, value); break;
                case "volume-nocopy": copyUp = !Bool(text, value); break;
                case "bind-propagation" when value is not null && Flags.Contains(value): options.Add(value); break;
                case "tmpfs-size" when value is not null: options.Add("size=" + value); break;
                case "tmpfs-mode" when value is not null: options.Add("mode=" + value); break;
                default: throw Invalid("InvalidMount", text, $"'{field}' is no field that is known; type, source, target, readonly, volume-nocopy, bind-propagation, tmpfs-size and tmpfs-mode are");
            }
        }
        if (destination is null)
            throw Invalid("InvalidMount", text, "it has no target=PATH");
        if (kind is ContainerMountKind.Bind)
            source = string.IsNullOrEmpty(source) ? throw Invalid("InvalidMount", text, "a bind needs source=PATH") : FullPath(source, currentDirectory);
        else if (kind is ContainerMountKind.Image && (string.IsNullOrEmpty(source) || readOnly is false))
            throw Invalid("InvalidMount", text, string.IsNullOrEmpty(source) ? "an image needs source=IMAGE" : "an image cannot be mounted to be written to");
        else if (kind is ContainerMountKind.TmpFs && source is not null)
            throw Invalid("InvalidMount", text, "a tmpfs has no source");
        else if (kind is ContainerMountKind.Volume && source is not null)
            VolumeName.Check(source);
        return new VolumeMount
        {
            Kind = kind,
            Source = source,
            Destination = CheckDestination("InvalidMount", text, destination),
            ReadOnly = readOnly ?? kind is ContainerMountKind.Image,
            CopyUp = copyUp,
            Options = options,
        };
    }

    /// <summary>Reads <c>PATH[:OPTION,OPTION]</c>.</summary>
    public static ContainerMount ParseTmpFs(string text)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        string path = colon < 0 ? text : text[..colon];
        List<string> options = colon < 0 ? [] : [.. text[(colon + 1)..].Split(',', StringSplitOptions.RemoveEmptyEntries)];
        bool readOnly = options.Remove("ro");
        options.Remove("rw");
        foreach (string option in options)
        {
            string key = option.Split('=')[0];
            if (!Flags.Contains(option) && key is not ("size" or "mode" or "uid" or "gid" or "nr_inodes" or "nr_blocks"))
                throw Invalid("InvalidTmpFs", text, $"'{option}' is no option of a tmpfs; size, mode, uid, gid, nr_inodes and mount flags such as noexec are");
        }
        return new ContainerMount
        {
            Kind = ContainerMountKind.TmpFs,
            Destination = CheckDestination("InvalidTmpFs", text, path),
            ReadOnly = readOnly,
            Options = options,
        };
    }

    private static string CheckDestination(string errorId, string text, string path)
    {
        if (!path.StartsWith('/'))
            throw Invalid(errorId, text, $"the path inside the container, '{path}', is not absolute");
        if (path.Contains('\0', StringComparison.Ordinal))
            throw Invalid(errorId, text, "the path inside the container holds a NUL");
        // Lexically: '..' never leaves the root inside.
        string clean = Path.GetFullPath(path);
        clean = clean.Length > 1 ? clean.TrimEnd('/') : clean;
        return clean == "/" ? throw Invalid(errorId, text, "the container's root cannot be mounted over") : clean;
    }

    private static string FullPath(string path, string? currentDirectory)
    {
        if (path == "~" || path.StartsWith("~/", StringComparison.Ordinal))
            path = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) + path[1..];
        string full = Path.GetFullPath(path, currentDirectory ?? Environment.CurrentDirectory);
        return full.Length > 1 ? full.TrimEnd('/') : full;
    }

    private static bool Bool(string text, string? value) => value?.ToLowerInvariant() switch
    {
        null or "true" or "1" => true,
        "false" or "0" => false,
        _ => throw Invalid("InvalidMount", text, $"'{value}' is neither true nor false"),
    };

    private static List<string> Fields(string text)
    {
        List<string> fields = [];
        var field = new StringBuilder();
        bool quoted = false;
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (c == '"' && quoted && i + 1 < text.Length && text[i + 1] == '"')
                field.Append(text[i++]);
            else if (c == '"')
                quoted = !quoted;
            else if (c == ',' && !quoted)
                Flush();
            else
                field.Append(c);
        }
        if (quoted)
            throw Invalid("InvalidMount", text, "a quotation mark is not closed");
        Flush();
        return fields;

        void Flush()
        {
            if (field.Length > 0)
                fields.Add(field.ToString());
            field.Clear();
        }
    }

    private static ContainerToolsException Invalid(string errorId, string text, string why) =>
        new(errorId, ErrorKind.InvalidArgument, $"'{text}' cannot be mounted: {why}.", text);
}
