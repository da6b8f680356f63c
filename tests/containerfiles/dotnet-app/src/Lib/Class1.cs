namespace Lib;
