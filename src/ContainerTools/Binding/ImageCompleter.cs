using System.Management.Automation.Language;
using ContainerTools.Cmdlets;
using ContainerTools.Core.Images;
using ContainerTools.Engine.Store;

namespace ContainerTools.Binding;

/// <summary>Completes names of images.</summary>
public sealed class ImageCompleter : NameCompleter
{
    private protected override IEnumerable<(string Name, string Description)> Names(StorePaths paths, CommandAst command) =>
        new ImageStore(paths).List().Select(i => (i.ToString(), $"{i.ShortId}  {ByteSize.Format(i.Size)}"));
}
